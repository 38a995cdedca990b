/** A client opens a big document that the server has on disk and nobody has open. */
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import { median } from '../figures.ts'
import { LeanSocket } from '../lean-socket.ts'
import type { Section } from '../report.ts'
import { join } from '../room.ts'
import type { ServerProcess } from '../server-process.ts'
import { traceUpdates, type TraceUpdates } from '../trace-updates.ts'
import type { Stage } from '../workload.ts'

export interface ColdOpenSize {
  readonly keystrokes: number
  /** The same document under so many names, each opened once. */
  readonly copies: number
  /** Small documents opened before. */
  readonly warmUps: number
  /** Who does nothing for so long has stored what it was given: Hocuspocus begins two seconds after the last edit. */
  readonly restMs: number
}

interface Opened {
  readonly cpuMs: number
  readonly bytes: number
  readonly firstTextMs: number
}

export async function coldOpen(stage: Stage, size: ColdOpenSize): Promise<readonly Section[]> {
  const trace = traceUpdates(size.keystrokes)
  const results = new Map<string, Opened>()
  for (const contestant of stage.only('knotwork', 'y-websocket + y-leveldb', 'Hocuspocus 3')) {
    stage.say(`cold open: ${contestant.name}`)
    results.set(contestant.name, await contest(stage, contestant, { trace, size }))
  }
  const cpu = (name: string): number => results.get(name)?.cpuMs ?? Number.NaN
  return [
    {
      title: 'Cold open',
      how: `${trace.title}, ${trace.whole.byteLength.toLocaleString('en')} bytes as one update, stored, the server started anew; median of ${size.copies} copies, each opened once. Time until the text is in the client's Y.Doc.`,
      columns: ['server', 'server CPU ms', 'knotwork / it', 'bytes', 'first text ms'],
      rows: [...results].map(([name, it]) => [name, it.cpuMs, cpu('knotwork') / it.cpuMs, it.bytes, it.firstTextMs]),
      bars: [
        {
          text: 'cold open: server CPU <= 0.2 of y-websocket with persistence',
          value: cpu('knotwork') / cpu('y-websocket + y-leveldb'),
          atMost: 0.2,
        },
      ],
    },
  ]
}

async function contest(
  stage: Stage,
  contestant: Contestant,
  { trace, size }: { readonly trace: TraceUpdates; readonly size: ColdOpenSize },
): Promise<Opened> {
  const directory = await stage.directory()
  const small = new Y.Doc()
  small.getText('text').insert(0, 'small')
  const warmUps = Array.from({ length: size.warmUps }, (_, index) => `small-${index}`)
  const papers = Array.from({ length: size.copies }, (_, index) => `paper-${index}`)
  {
    await using server = await contestant.start(directory)
    for (const room of warmUps) await fill(server, contestant, { room, update: Y.encodeStateAsUpdate(small) })
    for (const room of papers) await fill(server, contestant, { room, update: trace.whole })
    await server.atRest(size.restMs)
  }
  await using server = await contestant.start(directory)
  for (const room of warmUps) await open(server, contestant, { room, text: 'small' })
  const opened: Opened[] = []
  for (const room of papers) opened.push(await open(server, contestant, { room, text: trace.text }))
  return {
    cpuMs: median(opened.map(({ cpuMs }) => cpuMs)),
    bytes: median(opened.map(({ bytes }) => bytes)),
    firstTextMs: median(opened.map(({ firstTextMs }) => firstTextMs)),
  }
}

async function fill(
  server: ServerProcess,
  { wire }: Contestant,
  { room, update }: { readonly room: string; readonly update: Uint8Array },
): Promise<void> {
  let isThere = false
  const reader = await join({ server, wire, room, updated: ({ byteLength }) => (isThere ||= byteLength > 2) })
  const writer = await join({ server, wire, room })
  writer.send(wire.update(room, update))
  while (!isThere) await passed(1)
  reader.close()
  writer.close()
}

/** Opens a document and waits for its text; y-websocket answers before it has read, and sends the rest later. */
async function open(
  server: ServerProcess,
  { wire, name }: Contestant,
  { room, text }: { readonly room: string; readonly text: string },
): Promise<Opened> {
  const before = await server.settled()
  const doc = new Y.Doc()
  const shared = doc.getText('text')
  const start = performance.now()
  const socket = await LeanSocket.open({
    port: server.port,
    path: wire.path(room),
    received: (message) => {
      const heard = wire.hear(message)
      if (heard.type === 'update') Y.applyUpdate(doc, new Uint8Array(heard.update))
    },
  })
  for (const message of wire.greeting(room, Uint8Array.of(0))) socket.send(message)
  while (shared.length < text.length && performance.now() - start < 30_000) await passed(0)
  const firstTextMs = performance.now() - start
  if (shared.toString() !== text) throw new Error(`${name}: another text was opened`)
  await passed(300)
  const after = await server.usage()
  const { bytesIn } = socket
  socket.close()
  await passed(50)
  return { cpuMs: after.cpuMs - before.cpuMs, bytes: bytesIn, firstTextMs }
}
