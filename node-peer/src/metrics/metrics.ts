/**
 * What a peer measures of itself, as Prometheus reads it. Labels are words of this program, never names of documents, addresses
 * or ids: how many lines there are does not depend on how many documents and people there are, and no line tells of them.
 */
import { isVersionsName, type Peer } from '@knotwork/core'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { StorageMeter, WatchedStorage } from '../storage/watched-storage.ts'
import { version } from '../version.ts'
import type { WebhookState } from '../webhooks/delivery.ts'
import { Traffic, type Tally } from './traffic.ts'

/** From a write that the system merely takes to a disk that is given up on. */
const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Counting what is stored reads the name of every document. */
const countEveryMs = 60_000

/** What is looked at when somebody asks. */
export interface Observed {
  /** Null until there is one. */
  readonly peer: Peer | null
  readonly storage: Pick<WatchedStorage, 'list'>
  readonly webhooks: { readonly state: WebhookState }
  readonly signalClients: number
}

/** Of the whole process, whichever of its peers is asked; made when first somebody asks, for it costs a timer. */
let ofProcess: Registry | null = null

function processRegistry(): Registry {
  if (ofProcess !== null) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}

export class Metrics {
  readonly traffic = new Traffic()
  readonly #registry = new Registry()
  readonly #storageSeconds: Histogram<'operation'>
  readonly #storageFailures: Counter<'operation'>
  readonly #storageWaiting: Gauge<'operation'>
  readonly #updates: Counter
  readonly #updateBytes: Counter
  #counted: { readonly at: number; readonly count: Promise<number> } | null = null

  constructor() {
    const registers = [this.#registry]
    const ofOperation = { labelNames: ['operation'] as const, registers }
    this.#storageSeconds = new Histogram({
      name: 'knotwork_storage_seconds',
      help: 'How long the storage took, from the call until it was stored or read.',
      buckets: secondsBuckets,
      ...ofOperation,
    })
    this.#storageFailures = new Counter({
      name: 'knotwork_storage_failures_total',
      help: 'Calls of the storage that failed; what failed is tried again, and counted again.',
      ...ofOperation,
    })
    this.#storageWaiting = new Gauge({
      name: 'knotwork_storage_waiting',
      help: 'Calls of the storage that have not ended.',
      ...ofOperation,
    })
    this.#updates = new Counter({ name: 'knotwork_updates_stored_total', help: 'Updates put into logs.', registers })
    this.#updateBytes = new Counter({
      name: 'knotwork_updates_stored_bytes_total',
      help: 'Bytes of the updates put into logs.',
      registers,
    })
    const info = new Gauge({ name: 'knotwork_info', help: 'What runs.', labelNames: ['version'], registers })
    info.set({ version }, 1)
  }

  /** For the storage, before it is used. */
  readonly storageMeter: StorageMeter = (operation) => {
    this.#storageWaiting.inc({ operation })
    const began = performance.now()
    return (isDone) => {
      this.#storageWaiting.dec({ operation })
      if (isDone) this.#storageSeconds.observe({ operation }, (performance.now() - began) / 1_000)
      else this.#storageFailures.inc({ operation })
    }
  }

  watch(storage: Pick<WatchedStorage, 'watch'>): void {
    storage.watch((_name, updates) => {
      this.#updates.inc(updates.length)
      this.#updateBytes.inc(updates.reduce((sum, { byteLength }) => sum + byteLength, 0))
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** All of it, as text. */
  async told(observed: Observed): Promise<string> {
    // Made for this answer: so what is gone from the lists is gone from the text.
    const now = new Registry()
    addTraffic(now, this.traffic.tallies, observed.signalClients)
    addPeers(now, observed.peer)
    addWebhooks(now, observed.webhooks.state)
    await this.#addDocuments(now, observed)
    const parts = [processRegistry(), this.#registry, now]
    return (await Promise.all(parts.map((part) => part.metrics()))).join('\n')
  }

  async #addDocuments(registry: Registry, { peer, storage }: Observed): Promise<void> {
    if (peer !== null) {
      gauge(registry, 'knotwork_documents_open', 'Documents in memory.', [[{}, peer.documentsInMemory]])
    }
    const count = await this.#documentsStored(storage).catch(() => null)
    if (count === null) return
    const help = 'Documents with a log in the storage, deleted ones as well; counted at most once a minute.'
    gauge(registry, 'knotwork_documents_stored', help, [[{}, count]])
  }

  #documentsStored(storage: Observed['storage']): Promise<number> {
    const now = performance.now()
    if (this.#counted === null || now - this.#counted.at > countEveryMs) {
      const count = countOf(storage)
      this.#counted = { at: now, count }
      count.catch(() => {
        this.#counted = null
      })
    }
    return this.#counted.count
  }
}

async function countOf(storage: Observed['storage']): Promise<number> {
  let count = 0
  for await (const { name } of storage.list()) if (!isVersionsName(name)) count++
  return count
}

function addTraffic(registry: Registry, tallies: readonly Tally[], signalClients: number): void {
  const by = (value: (tally: Tally) => number): readonly Sample[] =>
    tallies.map((tally) => [{ kind: tally.kind, transport: tally.transport }, value(tally)])
  gauge(registry, 'knotwork_connections', 'Open connections by who is at the other end.', [
    ...by(({ links }) => links.size),
    [{ kind: 'signal', transport: 'websocket' }, signalClients],
  ])
  const queued = by(({ links }) => [...links].reduce((sum, { queuedBytes }) => sum + queuedBytes, 0))
  gauge(registry, 'knotwork_connections_queued_bytes', 'Bytes sent that the other ends have not taken yet.', queued)
  const ways = [
    ['received', by(({ bytesIn }) => bytesIn), by(({ framesIn }) => framesIn)],
    ['sent', by(({ bytesOut }) => bytesOut), by(({ framesOut }) => framesOut)],
  ] as const
  for (const [way, bytes, frames] of ways) {
    counter(registry, `knotwork_${way}_bytes_total`, `Bytes of the frames ${way}, without what transports add.`, bytes)
    counter(registry, `knotwork_${way}_frames_total`, `Frames ${way}.`, frames)
  }
}

function addPeers(registry: Registry, peer: Peer | null): void {
  const states = { dialling: 0, greeting: 0, linked: 0, waiting: 0 }
  for (const { state } of peer?.neighbours.value ?? []) states[state]++
  const samples = Object.entries(states).map(([state, count]): Sample => [{ state }, count])
  gauge(registry, 'knotwork_peers', 'Other peers by the state of the link to them.', samples)
}

function addWebhooks(registry: Registry, { waiting, dead }: WebhookState): void {
  gauge(registry, 'knotwork_webhooks', 'Webhooks that wait for their next attempt, or were given up.', [
    [{ state: 'waiting' }, waiting.length],
    [{ state: 'dead' }, dead.length],
  ])
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

function gauge(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  const made = new Gauge({ name, help, labelNames: labelsOf(samples), registers: [registry] })
  for (const [labels, value] of samples) made.set(labels, value)
}

function counter(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  const made = new Counter({ name, help, labelNames: labelsOf(samples), registers: [registry] })
  for (const [labels, value] of samples) made.inc(labels, value)
}

function labelsOf(samples: readonly Sample[]): string[] {
  return Object.keys(samples[0]?.[0] ?? {})
}
