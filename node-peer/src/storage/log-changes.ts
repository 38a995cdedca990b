/** What a write does to the log of one document: records, seals and head together. No IO. */
import type { Compacted } from '@knotwork/core'
import type { Examined, LogRecord } from './examination.ts'
import type { LedgerBatch } from './ledger.ts'
import { clockBeforeFirst, emptyStateVector, metaValue, type DocumentKeys } from './level-keys.ts'
import { checksumOf, encodeNote, encodeSeal, sumOfChecksums, type Checksums } from './level-values.ts'

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
    batch.setHead(keys.name, { last, count: (head?.count ?? 0) + updates.length, sum, epoch })
  }
  return checksums
}

/** One seal over those records; its clock is that of the last. */
export function sealIn(batch: LedgerBatch, keys: DocumentKeys, checksums: Checksums): void {
  // In the order of the log.
  const last = [...checksums.keys()].at(-1)
  if (last !== undefined) batch.put(keys.seal(last), encodeSeal(keys.seal(last), checksums))
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
  sealIn(batch, keys, checksums)
  const before = batch.get(keys.name)?.head ?? null
  if (before === null && sound.length + altered.length === 0) return
  batch.put(keys.entry, emptyStateVector)
  const last = sound.at(-1)?.clock ?? before?.last ?? clockBeforeFirst
  const sum = sumOfChecksums(checksums.values())
  batch.setHead(keys.name, { last, count: sound.length, sum, epoch: batch.before.epoch })
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
  sealIn(batch, keys, new Map([[clock, checksum]]))
  setAsideIn(
    batch,
    keys,
    compacted.damaged.map((update) => ({ clock, update })),
  )
  const last = Math.max(head?.last ?? clock, clock)
  const count = (head?.count ?? 0) - replaced.length + 1
  const removed = sumOfChecksums(checksumsOf(keys, replaced).values())
  const sum = ((head?.sum ?? 0) - removed + checksum) >>> 0
  batch.setHead(keys.name, { last, count, sum, epoch: batch.before.epoch })
}

function setAsideIn(batch: LedgerBatch, keys: DocumentKeys, records: readonly LogRecord[]): void {
  for (const [index, { clock, update }] of records.entries()) {
    batch.put(keys.damaged(clock, index), metaValue(update))
  }
}

function checksumsOf(keys: DocumentKeys, records: readonly LogRecord[]): Checksums {
  return new Map(records.map(({ clock, update }) => [clock, checksumOf(keys, clock, update)]))
}
