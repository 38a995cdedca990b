/** One writer, many readers of one document: what a delivery costs the server, at a steady pace and in a burst. */
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import { Typist } from '../edits.ts'
import { median, percentile } from '../figures.ts'
import { frameOf, type LeanSocket } from '../lean-socket.ts'
import type { Section } from '../report.ts'
import { join, joinAll, until } from '../room.ts'
import type { ServerProcess } from '../server-process.ts'
import type { Stage } from '../workload.ts'

export interface FanOutSize {
  readonly readers: readonly number[]
  readonly pacedEdits: number
  readonly pacedPerSecond: number
  readonly burstEdits: number
  readonly rounds: number
}

/** A burst to five hundred readers is shorter, or most of the time would go into it. */
const burstDeliveriesMax = 200_000

interface Measured {
  readonly cpuPerThousand: number
  readonly deliveriesPerSecond: number
  readonly framesPerEdit: number
  readonly bytesPerEdit: number
  readonly latencies: readonly number[]
}

export async function fanOut(stage: Stage, size: FanOutSize): Promise<readonly Section[]> {
  const sections: Section[] = []
  for (const readers of size.readers) {
    const results = new Map<string, { paced: Measured; burst: Measured }>()
    const sized = { ...size, burstEdits: Math.min(size.burstEdits, burstDeliveriesMax / readers) }
    for (const contestant of stage.contestants) {
      stage.say(`fan-out to ${readers}: ${contestant.name}`)
      results.set(contestant.name, await fanOutOf(stage, contestant, readers, sized))
    }
    sections.push(...sectionsOf(readers, results, sized))
  }
  return sections
}

export async function fanOutOf(
  stage: Stage,
  contestant: Contestant,
  readerCount: number,
  size: FanOutSize,
): Promise<{ paced: Measured; burst: Measured }> {
  await using server = await contestant.start(await stage.directory())
  const room = new Room(server, contestant)
  await room.fill(readerCount)
  await room.round(size.burstEdits / 4, null)
  await room.round(Math.min(200, size.pacedEdits), size.pacedPerSecond * 2)
  const paced: Measured[] = []
  const burst: Measured[] = []
  for (let index = 0; index < size.rounds; index++) {
    paced.push(await room.round(size.pacedEdits, size.pacedPerSecond))
    burst.push(await room.round(size.burstEdits, null))
  }
  room.verify(contestant)
  room.close()
  return { paced: middle(paced), burst: middle(burst) }
}

class Room {
  readonly #server: ServerProcess
  readonly #contestant: Contestant
  readonly #typist = new Typist()
  readonly #kept: Uint8Array[] = []
  #writer: LeanSocket | null = null
  #readers: LeanSocket[] = []
  #mark = Buffer.alloc(0)
  #arrived = new Set<number>()
  #latencies: number[] = []
  readonly #sentAt = new Map<number, number>()

  constructor(server: ServerProcess, contestant: Contestant) {
    this.#server = server
    this.#contestant = contestant
  }

  async fill(count: number): Promise<void> {
    const at = { server: this.#server, wire: this.#contestant.wire, room: 'fan-out' }
    this.#writer = await join(at)
    this.#readers = await joinAll(count, (index) =>
      join({
        ...at,
        updated: (update) => this.#updated(index, Buffer.from(update.buffer, update.byteOffset, update.length)),
      }),
    )
  }

  #updated(index: number, update: Buffer): void {
    if (update.includes(this.#mark)) this.#arrived.add(index)
    if (index > 0) return
    // One reader keeps everything and looks what each update brings.
    const now = performance.now()
    const copy = new Uint8Array(update)
    this.#kept.push(copy)
    const { structs } = Y.decodeUpdate(copy)
    for (const { id, length } of structs) {
      for (let clock = id.clock; clock < id.clock + length; clock++) {
        const sentAt = this.#sentAt.get(clock)
        if (sentAt !== undefined) this.#latencies.push(now - sentAt)
        this.#sentAt.delete(clock)
      }
    }
  }

  /** `perSecond` null: all at once. */
  async round(count: number, perSecond: number | null): Promise<Measured> {
    const { updates, mark } = this.#typist.type(count)
    const { wire } = this.#contestant
    const frames = updates.map((update) => frameOf(wire.update('fan-out', update)))
    const clocks = updates.map((update) => Y.decodeUpdate(update).structs[0]?.id.clock ?? 0)
    this.#mark = Buffer.from(mark)
    this.#arrived = new Set()
    this.#latencies = []
    const before = await this.#server.settled()
    const messages = this.#sum('messagesIn')
    const bytes = this.#sum('bytesIn')
    const start = performance.now()
    if (perSecond === null) {
      for (const clock of clocks) this.#sentAt.set(clock, start)
      this.#writer?.sendFrame(Buffer.concat(frames))
    } else await this.#pace(frames, clocks, perSecond)
    await until(() => this.#arrived.size === this.#readers.length, 'the last edit at every reader', 120_000)
    const seconds = (performance.now() - start) / 1000
    // What it does afterwards belongs to it, too.
    await passed(200)
    const after = await this.#server.usage()
    const deliveries = count * this.#readers.length
    return {
      cpuPerThousand: ((after.cpuMs - before.cpuMs) / deliveries) * 1000,
      deliveriesPerSecond: deliveries / seconds,
      framesPerEdit: (this.#sum('messagesIn') - messages) / deliveries,
      bytesPerEdit: (this.#sum('bytesIn') - bytes) / deliveries,
      latencies: this.#latencies,
    }
  }

  async #pace(frames: readonly Buffer[], clocks: readonly number[], perSecond: number): Promise<void> {
    const start = performance.now()
    for (let sent = 0; sent < frames.length;) {
      const due = Math.min(frames.length, Math.floor(((performance.now() - start) / 1000) * perSecond) + 1)
      for (; sent < due; sent++) {
        this.#sentAt.set(clocks[sent] ?? 0, performance.now())
        this.#writer?.sendFrame(frames[sent] ?? Buffer.alloc(0))
      }
      await passed(1)
    }
  }

  #sum(what: 'messagesIn' | 'bytesIn'): number {
    return this.#readers.reduce((sum, reader) => sum + reader[what], 0)
  }

  /** Speed counts for nothing when the text is another. */
  verify({ name }: Contestant): void {
    const doc = new Y.Doc()
    for (const update of this.#kept) Y.applyUpdate(doc, update)
    if (doc.getText('text').toString() !== this.#typist.text) throw new Error(`${name}: a reader has another text`)
  }

  close(): void {
    this.#writer?.close()
    for (const reader of this.#readers) reader.close()
  }
}

function middle(all: readonly Measured[]): Measured {
  const of = (key: Exclude<keyof Measured, 'latencies'>): number => median(all.map((one) => one[key]))
  return {
    cpuPerThousand: of('cpuPerThousand'),
    deliveriesPerSecond: of('deliveriesPerSecond'),
    framesPerEdit: of('framesPerEdit'),
    bytesPerEdit: of('bytesPerEdit'),
    latencies: all.flatMap(({ latencies }) => latencies),
  }
}

function sectionsOf(
  readers: number,
  results: ReadonlyMap<string, { paced: Measured; burst: Measured }>,
  size: FanOutSize,
): readonly Section[] {
  const of = (name: string, kind: 'paced' | 'burst', key: 'cpuPerThousand' | 'deliveriesPerSecond'): number =>
    results.get(name)?.[kind][key] ?? Number.NaN
  const ratio = (name: string, kind: 'paced' | 'burst', key: 'cpuPerThousand' | 'deliveriesPerSecond'): number =>
    of('knotwork', kind, key) / of(name, kind, key)
  const isBar = readers === 100
  const paced: Section = {
    title: `Fan-out, paced: 1 writer, ${readers} readers`,
    how: `${size.pacedPerSecond} edits a second, ${size.pacedEdits} edits, median of ${size.rounds}. Server CPU for 1,000 deliveries (an edit at a reader).`,
    columns: ['server', 'CPU ms / 1,000', 'knotwork / it', 'frames an edit', 'bytes an edit', 'p50 ms', 'p99 ms'],
    rows: [...results].map(([name, { paced: it }]) => [
      name,
      it.cpuPerThousand,
      ratio(name, 'paced', 'cpuPerThousand'),
      it.framesPerEdit,
      it.bytesPerEdit,
      percentile(it.latencies, 0.5),
      percentile(it.latencies, 0.99),
    ]),
    bars: isBar
      ? [
          {
            text: 'fan-out paced, 100 readers: CPU a delivery <= 0.7 of y-websocket',
            value: ratio('y-websocket', 'paced', 'cpuPerThousand'),
            atMost: 0.7,
          },
          {
            text: 'fan-out paced, 100 readers: CPU a delivery <= 1.0 of raw ws',
            value: ratio('raw ws', 'paced', 'cpuPerThousand'),
            atMost: 1,
          },
        ]
      : [],
  }
  const burst: Section = {
    title: `Fan-out, burst: 1 writer, ${readers} readers`,
    how: `${size.burstEdits} edits at once, median of ${size.rounds}. Edits that reached a reader, a second.`,
    columns: ['server', 'deliveries / s', 'knotwork / it', 'CPU ms / 1,000', 'frames an edit', 'bytes an edit'],
    rows: [...results].map(([name, { burst: it }]) => [
      name,
      it.deliveriesPerSecond,
      ratio(name, 'burst', 'deliveriesPerSecond'),
      it.cpuPerThousand,
      it.framesPerEdit,
      it.bytesPerEdit,
    ]),
    bars: isBar
      ? [
          {
            text: 'fan-out burst, 100 readers: rate >= 8 times y-websocket',
            value: ratio('y-websocket', 'burst', 'deliveriesPerSecond'),
            atLeast: 8,
          },
        ]
      : [],
  }
  return [paced, burst]
}
