/** The recorded session typed into a server that stores: what it writes, what stays on disk, how it starts again. */
import { readdir, stat } from 'node:fs/promises'
import { join as joined } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import { frameOf } from '../lean-socket.ts'
import type { Section } from '../report.ts'
import { join, until } from '../room.ts'
import { traceUpdates, type TraceUpdates } from '../trace-updates.ts'
import type { Stage } from '../workload.ts'

export interface WholeSessionSize {
  readonly keystrokes: number
  /** How many leave the writer in one go. */
  readonly perTurn: number
  /** Who does nothing for so long has stored what it was given: Hocuspocus begins two seconds after the last edit, y-leveldb has a queue. */
  readonly restMs: number
}

interface Typed {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly writtenBytes: number
  readonly diskBytes: number
  readonly restartMs: number
  readonly restartCpuMs: number
  readonly diskBytesAfterRestart: number
}

const room = 'paper'
const typingMsMax = 240_000

export async function wholeSession(stage: Stage, size: WholeSessionSize): Promise<readonly Section[]> {
  const trace = traceUpdates(size.keystrokes)
  const results = new Map<string, Typed>()
  for (const contestant of stage.only('knotwork', 'y-websocket + y-leveldb', 'Hocuspocus 3')) {
    stage.say(`the whole session: ${contestant.name}`)
    results.set(contestant.name, await contest(stage, contestant, { trace, size }))
  }
  const own = results.get('knotwork')
  return [
    {
      title: 'The whole session',
      how: `${trace.title}, ${trace.bytes.toLocaleString('en')} bytes of updates, typed by one client as fast as they are taken. Written: what went to the disk, in bytes for each byte of an update. Restart: from starting the process to the whole text at a client.`,
      columns: [
        'server',
        'typed s',
        'CPU s',
        'written / byte',
        'disk KB',
        'restart ms',
        'restart CPU ms',
        'disk KB then',
      ],
      rows: [...results].map(([name, it]) => [
        name,
        it.seconds,
        it.cpuSeconds,
        it.writtenBytes / trace.bytes,
        it.diskBytes / 1024,
        it.restartMs,
        it.restartCpuMs,
        it.diskBytesAfterRestart / 1024,
      ]),
      bars: [
        {
          text: 'stored bytes of the trace <= 1.3 times encodeStateAsUpdateV2',
          value: (own?.diskBytesAfterRestart ?? Number.NaN) / trace.wholeV2Bytes,
          atMost: 1.3,
        },
      ],
    },
  ]
}

async function contest(
  stage: Stage,
  contestant: Contestant,
  { trace, size }: { readonly trace: TraceUpdates; readonly size: WholeSessionSize },
): Promise<Typed> {
  const directory = await stage.directory()
  const typing = await type(contestant, directory, { trace, size })
  const diskBytes = await bytesIn(directory)
  const restart = await startAgain(contestant, directory, { trace, size })
  return { ...typing, diskBytes, ...restart, diskBytesAfterRestart: await bytesIn(directory) }
}

async function type(
  contestant: Contestant,
  directory: string,
  { trace, size: { perTurn, restMs } }: { readonly trace: TraceUpdates; readonly size: WholeSessionSize },
): Promise<Pick<Typed, 'seconds' | 'cpuSeconds' | 'writtenBytes'>> {
  const { wire } = contestant
  await using server = await contestant.start(directory)
  // Reads along; whoever has heard of the last keystroke has heard of all.
  let heard = 0
  const last = trace.updates.at(-1) ?? new Uint8Array(0)
  const lastId = Y.decodeUpdate(last).structs[0]?.id.clock ?? 0
  const updated = (update: Uint8Array): void => {
    if (update.byteLength <= 2) return
    for (const { id, length } of Y.decodeUpdate(new Uint8Array(update)).structs)
      heard = Math.max(heard, id.clock + length)
  }
  const reader = await join({ server, wire, room, updated })
  const writer = await join({ server, wire, room })
  const before = await server.settled()
  const start = performance.now()
  for (let sent = 0; sent < trace.updates.length; sent += perTurn) {
    const some = trace.updates.slice(sent, sent + perTurn)
    writer.sendFrame(Buffer.concat(some.map((update) => frameOf(wire.update(room, update)))))
    // Never more than this on its way: nobody is measured by how much they can pile up.
    const aheadMax = 5_000
    if (sent % aheadMax < perTurn)
      await until(() => heard >= Math.min(clockAt(trace, sent - aheadMax), lastId), 'edits passed on', typingMsMax)
  }
  await until(() => heard > lastId, 'the last keystroke at the reader', typingMsMax)
  const seconds = (performance.now() - start) / 1000
  await server.atRest(restMs)
  const after = await server.usage()
  writer.close()
  reader.close()
  await passed(200)
  return { seconds, cpuSeconds: (after.cpuMs - before.cpuMs) / 1000, writtenBytes: after.written - before.written }
}

/** The clock that the keystroke with that index has reached; of a delete, that of the one before. */
function clockAt({ updates }: TraceUpdates, index: number): number {
  for (let at = Math.min(index, updates.length - 1); at >= 0; at--) {
    const [struct] = Y.decodeUpdate(updates[at] ?? Uint8Array.of(0, 0)).structs
    if (struct !== undefined) return struct.id.clock
  }
  return 0
}

async function startAgain(
  contestant: Contestant,
  directory: string,
  { trace, size }: { readonly trace: TraceUpdates; readonly size: WholeSessionSize },
): Promise<Pick<Typed, 'restartMs' | 'restartCpuMs'>> {
  const start = performance.now()
  await using server = await contestant.start(directory)
  const doc = new Y.Doc()
  const text = doc.getText('text')
  const updated = (update: Uint8Array): void => Y.applyUpdate(doc, new Uint8Array(update))
  const client = await join({ server, wire: contestant.wire, room, updated })
  await until(() => text.length >= trace.text.length, 'the text after a restart', typingMsMax)
  const restartMs = performance.now() - start
  if (text.toString() !== trace.text) throw new Error(`${contestant.name}: another text after the restart`)
  const { cpuMs } = await server.usage()
  await server.atRest(size.restMs)
  client.close()
  return { restartMs, restartCpuMs: cpuMs }
}

async function bytesIn(directory: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(directory, { recursive: true })) {
    const found = await stat(joined(directory, name)).catch(() => null)
    if (found?.isFile() === true) sum += found.size
  }
  return sum
}
