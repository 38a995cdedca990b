/** How far somebody who follows a document from outside has come: a state vector that grows with what is handed out. */
import * as Y from 'yjs'
import { err, messageOf, ok, type Result } from '../result.ts'
import { digestOf, encodeVector, haveOf } from './digest.ts'
import { bulkLimits, decodeVector, inspect, type Vector } from './gate.ts'
import { scratchOf } from './rendering.ts'

export class ResumePoint {
  readonly #vector: Vector

  private constructor(vector: Vector) {
    this.#vector = vector
  }

  /** From a state vector as Yjs encodes it; null for the beginning. The error is a sentence. */
  static from(stateVector: Uint8Array | null): Result<ResumePoint, string> {
    if (stateVector === null) return ok(new ResumePoint(new Map()))
    const decoded = decodeVector(stateVector)
    return decoded.ok ? ok(new ResumePoint(decoded.value)) : decoded
  }

  /** Everything in that update was handed out. */
  passed(update: Uint8Array): void {
    const inspection = inspect(update, bulkLimits)
    if (!inspection.ok) return
    for (const [client, clock] of inspection.value.to) {
      if (clock > (this.#vector.get(client) ?? 0)) this.#vector.set(client, clock)
    }
  }

  get stateVector(): Uint8Array {
    return encodeVector(this.#vector)
  }
}

/** What a document holds beyond a state vector, with all its deletes; the error is a sentence. */
export function differenceFrom(update: Uint8Array, stateVector: Uint8Array): Result<Uint8Array, string> {
  const decoded = decodeVector(stateVector)
  if (!decoded.ok) return decoded
  try {
    return ok(Y.diffUpdate(update, stateVector))
  } catch (thrown) {
    return err(messageOf(thrown))
  }
}

/** Whether bytes are an update that the gate would let through, were everything there that it builds on [DS6]. */
export function isUpdate(bytes: Uint8Array): boolean {
  return inspect(bytes, bulkLimits).ok
}

/** Whether a document holds everything that is in an update; false for what is no update. */
export function holdsUpdate(document: Uint8Array | null, update: Uint8Array): boolean {
  if (!inspect(update, bulkLimits).ok) return false
  const doc = scratchOf(document)
  const isHeld = Y.snapshotContainsUpdate(Y.snapshot(doc), update)
  doc.destroy()
  return isHeld
}

/** Sixteen hexadecimal digits that are the same on every peer that holds the same (PROTOCOL.md [DS2]). */
export function stateTag(update: Uint8Array): string {
  const doc = scratchOf(update)
  const digest = digestOf(haveOf(doc))
  doc.destroy()
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
