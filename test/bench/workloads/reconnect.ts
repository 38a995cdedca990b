/** A client that has the big document comes back after others have made some more edits: bytes until it has them. */
import { openPeer } from '@knotwork/node-peer'
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import type { LeanSocket } from '../lean-socket.ts'
import { Meter } from '../meter.ts'
import type { Section } from '../report.ts'
import { join, until } from '../room.ts'
import type { ServerProcess } from '../server-process.ts'
import { traceUpdates, type TraceUpdates } from '../trace-updates.ts'
import type { Stage } from '../workload.ts'

export interface ReconnectSize {
  readonly keystrokes: number
  readonly missed: readonly number[]
}

const room = 'paper'

export async function reconnect(stage: Stage, { keystrokes, missed }: ReconnectSize): Promise<readonly Section[]> {
  const trace = traceUpdates(keystrokes)
  const results = new Map<string, readonly number[]>()
  stage.say('reconnect: knotwork peers')
  results.set('knotwork, both ends', await betweenPeers(stage, trace, missed))
  for (const contestant of stage.only('knotwork', 'y-websocket', 'Hocuspocus 3')) {
    stage.say(`reconnect: ${contestant.name}`)
    const name = contestant.name === 'knotwork' ? 'knotwork, stock client' : contestant.name
    results.set(name, await stockClient(stage, contestant, { trace, missed }))
  }
  const index = missed.indexOf(1)
  return [
    {
      title: 'Reconnect',
      how: `${trace.title}; the client has all but the last k edits. Bytes in both directions after the WebSocket handshake, until its text is complete and nothing moves.`,
      columns: ['server', ...missed.map((count) => `k = ${count.toLocaleString('en')}: bytes`), 'one delete: bytes'],
      rows: [...results].map(([name, bytes]) => [name, ...bytes]),
      bars: [
        {
          text: 'reconnect after one missed edit, own peers: bytes <= 1,024',
          value: results.get('knotwork, both ends')?.[index] ?? Number.NaN,
          atMost: 1_024,
        },
        {
          text: 'the same after one missed delete',
          value: results.get('knotwork, both ends')?.at(-1) ?? Number.NaN,
          atMost: 1_024,
        },
      ],
    },
  ]
}

/** Somebody who types at the end of the document, over the wire that the server shares with the rivals. */
class Author {
  readonly doc = new Y.Doc()
  readonly #socket: LeanSocket
  readonly #contestant: Contestant

  private constructor(socket: LeanSocket, contestant: Contestant) {
    this.#socket = socket
    this.#contestant = contestant
  }

  static async of(server: ServerProcess, contestant: Contestant, trace: TraceUpdates): Promise<Author> {
    const socket = await join({ server, wire: contestant.wire, room })
    const author = new Author(socket, contestant)
    Y.applyUpdate(author.doc, trace.whole)
    socket.send(contestant.wire.update(room, trace.whole))
    author.doc.on('update', (update: Uint8Array) => socket.send(contestant.wire.update(room, update)))
    return author
  }

  get text(): string {
    return this.doc.getText('text').toString()
  }

  async type(count: number, server: ServerProcess): Promise<void> {
    const text = this.doc.getText('text')
    for (let index = 0; index < count; index++) text.insert(text.length, 'y')
    await arrived(server, this.#contestant, this.doc)
  }

  async delete(server: ServerProcess): Promise<void> {
    this.doc.getText('text').delete(10, 1)
    await arrived(server, this.#contestant, this.doc)
  }

  close(): void {
    this.#socket.close()
    this.doc.destroy()
  }
}

/** Resolves when the server hands out all that is in `doc`. */
async function arrived(server: ServerProcess, { wire }: Contestant, doc: Y.Doc): Promise<void> {
  const copy = new Y.Doc()
  const updated = (update: Uint8Array): void => Y.applyUpdate(copy, new Uint8Array(update))
  const reader = await join({ server, wire, room, updated })
  const { length } = doc.getText('text')
  await until(() => copy.getText('text').length === length, 'all edits at the server')
  reader.close()
}

async function betweenPeers(stage: Stage, trace: TraceUpdates, missed: readonly number[]): Promise<readonly number[]> {
  const [contestant] = stage.only('knotwork')
  if (contestant === undefined) return []
  await using server = await contestant.start(await stage.directory())
  const author = await Author.of(server, contestant, trace)
  await arrived(server, contestant, author.doc)
  await using meter = await Meter.before(server.port)
  const address = `ws://127.0.0.1:${meter.port}/peer`
  await using peer = await openPeer({ data: await stage.directory(), keeps: false, connect: [address] })
  const document = peer.open(room)
  const isLevel = (): boolean =>
    document.status.value.type === 'live' && document.doc.getText('text').length === author.text.length
  await until(isLevel, 'the document at the peer')
  const bytes: number[] = []
  for (const count of [...missed, null]) {
    await passed(1_000)
    meter.cut()
    await until(() => document.status.value.type === 'offline', 'noticing that the line was cut')
    await (count === null ? author.delete(server) : author.type(count, server))
    meter.reset()
    meter.mend()
    await until(isLevel, 'the missed edits at the peer')
    bytes.push((await meter.untilQuiet(500, 20_000)).bytes)
    if (document.doc.getText('text').toString() !== author.text) throw new Error('the peer has another text')
  }
  author.close()
  return bytes
}

async function stockClient(
  stage: Stage,
  contestant: Contestant,
  { trace, missed }: { readonly trace: TraceUpdates; readonly missed: readonly number[] },
): Promise<readonly number[]> {
  const { wire } = contestant
  await using server = await contestant.start(await stage.directory())
  const author = await Author.of(server, contestant, trace)
  await arrived(server, contestant, author.doc)
  const client = new Y.Doc()
  Y.applyUpdate(client, trace.whole)
  const bytes: number[] = []
  for (const count of [...missed, null]) {
    await (count === null ? author.delete(server) : author.type(count, server))
    const updated = (update: Uint8Array): void => Y.applyUpdate(client, new Uint8Array(update))
    const socket = await join({ server, wire, room, stateVector: Y.encodeStateVector(client), updated })
    const { length } = author.text
    await until(() => client.getText('text').length === length, 'the missed edits at the client')
    await passed(300)
    bytes.push(socket.bytesIn + socket.bytesOut)
    socket.close()
  }
  author.close()
  return bytes
}
