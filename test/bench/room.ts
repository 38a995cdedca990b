/** Clients in a room of a server: one that writes and those that read. */
import { setTimeout as passed } from 'node:timers/promises'
import { LeanSocket } from './lean-socket.ts'
import type { ServerProcess } from './server-process.ts'
import type { Wire } from './wires.ts'

/** A state vector of nothing. */
const nothing = Uint8Array.of(0)
const answerMsMax = 60_000
const startMsMax = 5_000

export interface JoinOptions {
  readonly server: ServerProcess
  readonly wire: Wire
  readonly room: string
  readonly stateVector?: Uint8Array
  /** An update; its bytes are only valid during the call. */
  readonly updated?: (update: Uint8Array) => void
}

/** A client that has been told all there was in the room; tried again while the server is still starting. */
export async function join(options: JoinOptions): Promise<LeanSocket> {
  for (const start = performance.now(); ;) {
    const socket = await tryToJoin(options)
    if (!socket.isClosed) return socket
    if (performance.now() - start > startMsMax) throw new Error('the server closed the connection')
    await passed(5)
  }
}

async function tryToJoin(options: JoinOptions): Promise<LeanSocket> {
  const { server, wire, room, stateVector = nothing, updated } = options
  let isAnswered = !wire.answers
  const socket = await LeanSocket.open({
    port: server.port,
    path: wire.path(room),
    received: (message, from) => {
      const heard = wire.hear(message)
      if (heard.type === 'update') {
        if (heard.isAnswer) isAnswered = true
        updated?.(heard.update)
      } else if (heard.type === 'question') {
        const answer = wire.nothingMore(room)
        if (answer !== null) from.send(answer)
      }
    },
  })
  for (const message of wire.greeting(room, stateVector)) socket.send(message)
  await until(() => isAnswered || socket.isClosed, 'an answer to the greeting')
  return socket
}

/** So many at once, a few under way at a time. */
export async function joinAll(count: number, join_: (index: number) => Promise<LeanSocket>): Promise<LeanSocket[]> {
  const sockets: LeanSocket[] = []
  for (let start = 0; start < count; start += 50) {
    const some = Array.from({ length: Math.min(50, count - start) }, (_, index) => join_(start + index))
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

export async function until(isTrue: () => boolean, what: string, msMax = answerMsMax, everyMs = 1): Promise<void> {
  for (const start = performance.now(); !isTrue();) {
    if (performance.now() - start > msMax) throw new Error(`not within ${msMax} ms: ${what}`)
    await passed(everyMs)
  }
}
