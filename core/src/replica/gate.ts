/**
 * The gate in front of applyUpdate (PROTOCOL.md [DS6], [DS7]). Yjs has no rollback: an update that throws half way has
 * already changed the document. So bytes from outside are decoded first, without touching any document, and let
 * through only when they decode whole, stay within limits and leave no gap.
 *
 * What is checked today: decodability, sizes and counts, that there is an order to apply it in (`inspect`), and that
 * everything an update builds on is here (`isWaiting`). The full gate (origins in order, parents that are types,
 * nesting, canonical delete sets) belongs in `inspect` and beside `isWaiting`; every peer must run the same rules, so
 * they are versioned with the protocol.
 */
import * as decoding from 'lib0/decoding'
import { limits } from '../limits.ts'
import { err, messageOf, ok, type Result } from '../result.ts'
import { inOrder } from './order.ts'
import {
  contentKind,
  readUpdate,
  type DeletedRange,
  type Id,
  type ReadUpdate,
  type StructHeader,
} from './update-reader.ts'

/** Clock per client: how many structs' worth of a client's edits are known, without a gap. */
export type Vector = Map<number, number>

/** What an update contains, as far as the gate and forwarding need to know. */
export interface Inspection {
  /** First clock per client in the update. */
  readonly from: Vector
  /** Clock after the last struct per client. */
  readonly to: Vector
  readonly hasDeletes: boolean
  /** Clients and clocks of structs elsewhere that this update refers to: needed before it can be applied. */
  readonly needs: Vector
  /** Where the update itself has holes (Skip structs): the clock after the last one per client. Others must fill them. */
  readonly holes: Vector
}

export interface UpdateLimits {
  readonly bytesMax: number
  readonly structsMax: number
  readonly clientsMax: number
  readonly deleteRangesMax: number
}

const { structsMax, clientsMax, deleteRangesMax } = limits
export const bulkLimits: UpdateLimits = { bytesMax: limits.messageBytesMax, structsMax, clientsMax, deleteRangesMax }
export const liveLimits: UpdateLimits = { ...bulkLimits, bytesMax: limits.liveUpdateBytesMax }

/** An update that passed, read. */
export interface Examined {
  readonly inspection: Inspection
  /** So that each comes after what it builds on. */
  readonly structs: readonly StructHeader[]
  readonly deletes: readonly DeletedRange[]
}

/** Decodes an update (v1) without applying it. The error is a sentence that says what is wrong. */
export function inspect(update: Uint8Array, max: UpdateLimits): Result<Inspection, string> {
  const examined = examine(update, max)
  return examined.ok ? ok(examined.value.inspection) : examined
}

/** As `inspect`, for who goes on with what was read. */
export function examine(update: Uint8Array, max: UpdateLimits): Result<Examined, string> {
  if (update.byteLength > max.bytesMax)
    return err(`an update of ${update.byteLength} bytes, the limit is ${max.bytesMax}`)
  let read: ReadUpdate
  try {
    read = readUpdate(update)
  } catch (thrown) {
    return err(`not a Yjs update: ${messageOf(thrown)}`)
  }
  const { structs, deletes } = read
  if (structs.length > max.structsMax)
    return err(`an update of ${structs.length} structs, the limit is ${max.structsMax}`)

  const survey: Survey = { from: new Map(), to: new Map(), needs: new Map(), holes: new Map() }
  for (const struct of structs) {
    const trouble = visit(struct, survey)
    if (trouble !== null) return err(trouble)
  }
  if (survey.to.size > max.clientsMax)
    return err(`an update of ${survey.to.size} clients, the limit is ${max.clientsMax}`)
  const ordered = inOrder(structs)
  if (ordered === null) return err('structs that build on one another in a circle')

  for (const { client, clock, length } of deletes) {
    if (length <= 0 || !Number.isSafeInteger(clock + length)) return err('a deleted range without length')
    need(survey.needs, client, clock + length)
  }
  if (deletes.length > max.deleteRangesMax) {
    return err(`an update of ${deletes.length} deleted ranges, the limit is ${max.deleteRangesMax}`)
  }
  return ok({ inspection: { ...survey, hasDeletes: deletes.length > 0 }, structs: ordered, deletes })
}

interface Survey {
  readonly from: Vector
  readonly to: Vector
  readonly needs: Vector
  readonly holes: Vector
}

/** Notes one struct; the returned sentence says why the update is refused. */
function visit(struct: StructHeader, survey: Survey): string | null {
  const { client, clock, origin, rightOrigin, parent } = struct
  const end = clock + struct.length
  if (struct.length <= 0 || !Number.isSafeInteger(end)) return 'a struct without length'
  const known = survey.to.get(client)
  if (known === undefined) survey.from.set(client, clock)
  else if (known !== clock) return 'the structs of a client are not in one piece'
  survey.to.set(client, end)
  if (struct.content === contentKind.skip) survey.holes.set(client, end)
  if (origin !== null) needOfOthers(survey.needs, client, origin)
  if (rightOrigin !== null) needOfOthers(survey.needs, client, rightOrigin)
  if (parent !== null && typeof parent !== 'string') needOfOthers(survey.needs, client, parent)
  return null
}

/** What a client builds on of its own comes before, or the update is refused: nobody else has to be asked for it. */
function needOfOthers(needs: Vector, client: number, base: Id): void {
  if (base.client !== client) need(needs, base.client, base.clock + 1)
}

function need(needs: Vector, client: number, clock: number): void {
  if ((needs.get(client) ?? 0) < clock) needs.set(client, clock)
}

/** Whether something that this update builds on is missing from a document with the state `known` (YJS.md, traps 2, 7). */
export function isWaiting(update: Inspection, known: (client: number) => number): boolean {
  for (const [client, clock] of update.holes) if (clock > known(client)) return true
  for (const [client, clock] of update.from) if (clock > known(client)) return true
  for (const [client, clock] of update.needs) {
    if (clock > Math.max(known(client), update.to.get(client) ?? 0)) return true
  }
  return false
}

/** Whether a document with the state `known` holds all of this update's structs (deletes are not in a state vector). */
export function isCovered(update: Inspection, known: (client: number) => number): boolean {
  for (const [client, clock] of update.to) if (clock > known(client)) return false
  return true
}

/** Reads a state vector from outside; total, and limited in size. */
export function decodeVector(bytes: Uint8Array): Result<Vector, string> {
  try {
    const decoder = decoding.createDecoder(bytes)
    const count = decoding.readVarUint(decoder)
    if (count > limits.clientsMax) return err(`a state vector of ${count} clients, the limit is ${limits.clientsMax}`)
    const vector: Vector = new Map()
    for (let i = 0; i < count; i++) {
      const client = decoding.readVarUint(decoder)
      vector.set(client, decoding.readVarUint(decoder))
    }
    return ok(vector)
  } catch (thrown) {
    return err(`not a state vector: ${messageOf(thrown)}`)
  }
}
