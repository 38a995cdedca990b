/**
 * Updates that leave together travel as one (PROTOCOL.md [BR6]): it is decoded, checked, applied and logged once by
 * everybody who gets it, and a hundred typed characters take a tenth of the bytes of a hundred updates.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { limits } from '../limits.ts'
import { DeletedRanges } from './deleted-ranges.ts'
import type { Vector } from './gate.ts'
import { StructBytes } from './struct-bytes.ts'
import { readUpdate } from './update-reader.ts'

/** An update and the clocks it spans. */
export interface Piece {
  readonly update: Uint8Array
  /** First clock per client. */
  readonly from: Vector
  /** Clock after the last struct per client. */
  readonly to: Vector
}

/** The same changes in fewer updates, in an order in which each builds on those before it. */
export function joined(pieces: readonly Piece[]): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  let group: Piece[] = []
  let sizeBytes = 0
  let ends: Vector = new Map()
  const end = (): void => {
    if (group.length > 0) updates.push(...mergeGroup(group))
    group = []
    sizeBytes = 0
    ends = new Map()
  }
  for (const piece of pieces) {
    const isFull =
      group.length >= limits.updatesJoinedMax || sizeBytes + piece.update.byteLength > limits.joinedBytesMax
    if (isFull || !follows(piece, ends)) end()
    group.push(piece)
    sizeBytes += piece.update.byteLength
    for (const [client, clock] of piece.to) ends.set(client, Math.max(ends.get(client) ?? 0, clock))
  }
  end()
  return updates
}

/** Whether a merge would have no hole before this piece: a hole is waited for, and nobody has what would fill it. */
function follows(piece: Piece, ends: Vector): boolean {
  for (const [client, clock] of piece.from) {
    const end = ends.get(client)
    if (end !== undefined && clock > end) return false
  }
  return true
}

function mergeGroup(group: readonly Piece[]): readonly Uint8Array[] {
  const updates = group.map((piece) => piece.update)
  if (updates.length === 1) return updates
  try {
    return [areInOnePiece(group) ? putTogether(updates) : Y.mergeUpdates(updates)]
  } catch {
    // They decode one by one, or would not be here: they can travel one by one.
    return updates
  }
}

/** Whether each begins where those before it end, with nothing said twice. */
function areInOnePiece(group: readonly Piece[]): boolean {
  const ends: Vector = new Map()
  for (const { from, to } of group) {
    for (const [client, clock] of from) if ((ends.get(client) ?? clock) !== clock) return false
    for (const [client, clock] of to) ends.set(client, clock)
  }
  return true
}

/** Copies their structs one behind the other; text that was typed on becomes one. */
function putTogether(updates: readonly Uint8Array[]): Uint8Array {
  const structs = new StructBytes()
  const deleted = new DeletedRanges()
  for (const update of updates) {
    const read = readUpdate(update)
    structs.add(read.structs, update)
    for (const { client, clock, length } of read.deletes) deleted.add(client, clock, clock + length)
  }
  return encoding.encode((encoder) => {
    structs.write(encoder, new Map())
    deleted.write(encoder)
  })
}
