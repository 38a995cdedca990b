/** What a write does to the log of one document: records, seals and head together. No IO. */
import type { Compacted, DatedRecord } from '@knotwork/core'
import type { Examined, LogRecord } from './examination.ts'
import type { LedgerBatch } from './ledger.ts'
import { clockBeforeFirst, emptyStateVector, metaValue, type DocumentKeys } from './level-keys.ts'
import { checksumOf, encodeNote, encodeSeal, sumOfChecksums, type Checksums, type Seal } from './level-values.ts'

/** One append: its records behind those there are, and its note. Returns the checksums of the new records, for the seal. */
export function appendIn(
  batch: LedgerBatch,
  keys: DocumentKeys,
  { updates, note }: { readonly updates: readonly Uint8Array[]; readonly note?: Uint8Array | undefined },
): Checksums {
  const checksums = new Map<number, number>()
  const head = batch.get(keys.name)?.head ?? null
  // A note is of something: alone it would be of a document that is on nobody's list.
  if (head === null && updates.length === 0) return checksums
  if (head === null) batch.put(keys.entry, emptyStateVector)
  let last = head?.last ?? clockBeforeFirst
  for (const update of updates) {
    last++
    batch.put(keys.update(last), update)
    checksums.set(last, checksumOf(keys, last, update))
  }
  const { epoch, trust } = batch.before
  if (note !== undefined) batch.put(keys.note, encodeNote(keys.note, { bytes: note, clock: last, trust }))
  if (updates.length > 0) {
    const sum = sumOfChecksums(checksums.values(), head?.sum)
    batch.setHead(keys.name, { last, count: (head?.count ?? 0) + updates.length, sum, epoch, index: head?.index ?? 0 })
  }
  return checksums
}

/** One seal over those records; its clock is that of the last. */
export function sealIn(batch: LedgerBatch, keys: DocumentKeys, seal: Seal): void {
  // In the order of the log.
  const last = [...seal.checksums.keys()].at(-1)
  if (last !== undefined) batch.put(keys.seal(last), encodeSeal(keys.seal(last), seal))
}

/** One seal for each stretch of records that were appended at the same time. */
function sealAgainIn(batch: LedgerBatch, keys: DocumentKeys, checksums: Checksums, times: Examined['times']): void {
  let stretch: { at: DatedRecord['at']; checksums: Map<number, number> } | null = null
  for (const [clock, checksum] of checksums) {
    const at = times.get(clock) ?? null
    if (stretch === null || stretch.at !== at) {
      if (stretch !== null) sealIn(batch, keys, stretch)
      stretch = { at, checksums: new Map() }
    }
    stretch.checksums.set(clock, checksum)
  }
  if (stretch !== null) sealIn(batch, keys, stretch)
}

/** [ST5] Altered records are set aside, and what is left gets a seal and a head that say so. */
export function mendIn(
  batch: LedgerBatch,
  keys: DocumentKeys,
  log: Examined & { readonly seals: readonly number[] },
): void {
  const { sound, altered, seals } = log
  batch.isRewrite = true
  setAsideIn(batch, keys, altered)
  for (const { clock } of altered) batch.del(keys.update(clock))
  for (const clock of seals) batch.del(keys.seal(clock))
  const checksums = checksumsOf(keys, sound)
  sealAgainIn(batch, keys, checksums, log.times)
  const before = batch.get(keys.name)?.head ?? null
  if (before === null && sound.length + altered.length === 0) return
  batch.put(keys.entry, emptyStateVector)
  const last = sound.at(-1)?.clock ?? before?.last ?? clockBeforeFirst
  const sum = sumOfChecksums(checksums.values())
  batch.setHead(keys.name, {
    last,
    count: sound.length,
    sum,
    epoch: batch.before.epoch,
    index: before?.index ?? 0,
  })
}

/** [ST4] One record in the place of the last of those it replaces. */
export function replaceIn(
  batch: LedgerBatch,
  keys: DocumentKeys,
  {
    replaced,
    seals,
    compacted,
  }: { readonly replaced: readonly LogRecord[]; readonly seals: readonly number[]; readonly compacted: Compacted },
): void {
  const head = batch.get(keys.name)?.head ?? null
  const clock = replaced.at(-1)?.clock ?? (head?.last ?? clockBeforeFirst) + 1
  batch.isRewrite = true
  for (const record of replaced) if (record.clock !== clock) batch.del(keys.update(record.clock))
  for (const sealed of seals) if (sealed <= clock) batch.del(keys.seal(sealed))
  batch.put(keys.update(clock), compacted.snapshot)
  batch.put(keys.entry, emptyStateVector)
  const checksum = checksumOf(keys, clock, compacted.snapshot)
  const at = compacted.segments === undefined ? null : 'folded'
  sealIn(batch, keys, { checksums: new Map([[clock, checksum]]), at })
  setAsideIn(
    batch,
    keys,
    compacted.damaged.map((update) => ({ clock, update })),
  )
  const last = Math.max(head?.last ?? clock, clock)
  const count = (head?.count ?? 0) - replaced.length + 1
  const removed = sumOfChecksums(checksumsOf(keys, replaced).values())
  const sum = ((head?.sum ?? 0) - removed + checksum) >>> 0
  batch.setHead(keys.name, { last, count, sum, epoch: batch.before.epoch, index: head?.index ?? 0 })
}

function setAsideIn(batch: LedgerBatch, keys: DocumentKeys, records: readonly LogRecord[]): void {
  for (const [index, { clock, update }] of records.entries()) {
    batch.put(keys.damaged(clock, index), metaValue(update))
  }
}

function checksumsOf(keys: DocumentKeys, records: readonly LogRecord[]): Checksums {
  return new Map(records.map(({ clock, update }) => [clock, checksumOf(keys, clock, update)]))
}
