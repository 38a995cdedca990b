/** Many documents with two clients each, one that writes and one that reads: what a delivery costs without fan-out. */
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import { Typist } from '../edits.ts'
import { median } from '../figures.ts'
import { frameOf, type LeanSocket } from '../lean-socket.ts'
import type { Section } from '../report.ts'
import { join, joinAll, until } from '../room.ts'
import type { ServerProcess } from '../server-process.ts'
import type { Stage } from '../workload.ts'

export interface ManyDocumentsSize {
  readonly documents: number
  /** Connections are limited: so many documents have their clients at a time. */
  readonly atOnce: number
  readonly perSecond: number
  readonly editsEach: number
}

interface Measured {
  readonly cpuPerThousand: number
  readonly cpuPerJoin: number
  readonly rssPerDocument: number
}

export async function manyDocuments(stage: Stage, size: ManyDocumentsSize): Promise<readonly Section[]> {
  const results = new Map<string, Measured>()
  for (const contestant of stage.contestants) {
    stage.say(`${size.documents} documents: ${contestant.name}`)
    results.set(contestant.name, await contest(stage, contestant, size))
  }
  return [sectionOf(results, size)]
}

async function contest(stage: Stage, contestant: Contestant, size: ManyDocumentsSize): Promise<Measured> {
  await using server = await contestant.start(await stage.directory())
  await wave(server, contestant, { prefix: 'warm', documents: Math.min(100, size.atOnce), size })
  const atFirst = await server.settled()
  const costs: { cpuPerThousand: number; cpuPerJoin: number }[] = []
  let rss = 0
  for (let done = 0; done < size.documents; done += size.atOnce) {
    const measured = await wave(server, contestant, { prefix: `documents-${done}`, documents: size.atOnce, size })
    costs.push(measured)
    rss = measured.rss
  }
  return {
    cpuPerThousand: median(costs.map((cost) => cost.cpuPerThousand)),
    cpuPerJoin: median(costs.map((cost) => cost.cpuPerJoin)),
    rssPerDocument: (rss - atFirst.rss) / size.documents,
  }
}

interface Wave {
  readonly prefix: string
  readonly documents: number
  readonly size: ManyDocumentsSize
}

/** Clients come, write and read for a while, and leave. */
async function wave(
  server: ServerProcess,
  { wire, name }: Contestant,
  { prefix, documents, size }: Wave,
): Promise<{ cpuPerThousand: number; cpuPerJoin: number; rss: number }> {
  const before = await server.usage()
  const rooms = Array.from({ length: documents }, (_, index) => `${prefix}-${index}`)
  const typists = rooms.map(() => new Typist())
  const heard = rooms.map((): Uint8Array[] => [])
  let delivered = 0
  const marks: Buffer[] = []
  const writers = await joinAll(documents, (index) => join({ server, wire, room: rooms[index] ?? '' }))
  const readers = await joinAll(documents, (index) =>
    join({
      server,
      wire,
      room: rooms[index] ?? '',
      updated: (update) => {
        const copy = new Uint8Array(update)
        const mark = marks[index]
        if (mark !== undefined && Buffer.from(copy.buffer).includes(mark)) delivered++
        // The answer to the greeting has nothing in it yet.
        if (copy.byteLength > 2) heard[index]?.push(copy)
      },
    }),
  )
  await passed(300)
  const joined = await server.settled()
  const frames = typists.map((typist, index) => {
    const { updates, mark } = typist.type(size.editsEach)
    marks[index] = Buffer.from(mark)
    return updates.map((update) => frameOf(wire.update(rooms[index] ?? '', update)))
  })
  await inTurns(writers, frames, size)
  await until(() => delivered >= documents, `the last edit of each document at its reader (${name})`, 120_000)
  await passed(200)
  const after = await server.usage()
  typists.forEach((typist, index) => verify(heard[index] ?? [], typist.text, name))
  for (const socket of [...writers, ...readers]) socket.close()
  await passed(500)
  return {
    cpuPerThousand: ((after.cpuMs - joined.cpuMs) / (documents * size.editsEach)) * 1000,
    cpuPerJoin: (joined.cpuMs - before.cpuMs) / (documents * 2),
    rss: joined.rss,
  }
}

/** Each document in its turn, so many edits a second in all. */
async function inTurns(
  writers: readonly LeanSocket[],
  frames: readonly (readonly Buffer[])[],
  { perSecond, editsEach }: ManyDocumentsSize,
): Promise<void> {
  const total = writers.length * editsEach
  const start = performance.now()
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond) + 1)
    for (; sent < due; sent++) {
      const frame = frames[sent % writers.length]?.[Math.floor(sent / writers.length)]
      if (frame !== undefined) writers[sent % writers.length]?.sendFrame(frame)
    }
    await passed(1)
  }
}

function verify(updates: readonly Uint8Array[], text: string, name: string): void {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  if (doc.getText('text').toString() !== text) throw new Error(`${name}: a reader has another text`)
}

function sectionOf(results: ReadonlyMap<string, Measured>, size: ManyDocumentsSize): Section {
  const ratio = (name: string): number =>
    (results.get('knotwork')?.cpuPerThousand ?? Number.NaN) / (results.get(name)?.cpuPerThousand ?? Number.NaN)
  const title = `${size.documents.toLocaleString('en')} documents x 2 clients`
  const waves = size.documents > size.atOnce ? `, ${size.atOnce} at a time` : ''
  return {
    title,
    how: `${size.perSecond} edits a second over all documents${waves}, ${size.editsEach} in each. Server CPU for 1,000 deliveries.`,
    columns: ['server', 'CPU ms / 1,000', 'knotwork / it', 'CPU ms a join', 'RSS KB a document'],
    rows: [...results].map(([name, it]) => [
      name,
      it.cpuPerThousand,
      ratio(name),
      it.cpuPerJoin,
      it.rssPerDocument / 1024,
    ]),
    bars:
      size.documents === 1_000
        ? [
            {
              text: '1,000 documents x 2 clients: CPU a delivery <= 0.5 of y-websocket',
              value: ratio('y-websocket'),
              atMost: 0.5,
            },
          ]
        : [],
  }
}
