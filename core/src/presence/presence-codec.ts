/** The awareness update of y-protocols: varUint count, then count × {varUint client, varUint clock, varString JSON}. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { limits } from '../limits.ts'
import { err, messageOf, ok, type Result } from '../result.ts'

export type PresenceState = Readonly<Record<string, unknown>>

/** One client's state as it travels; `json` is `null` for somebody who left. */
export interface PresenceEntry {
  readonly client: number
  readonly clock: number
  readonly json: string
}

export function encodePresence(entries: readonly PresenceEntry[]): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, entries.length)
    for (const entry of entries) {
      encoding.writeVarUint(encoder, entry.client)
      encoding.writeVarUint(encoder, entry.clock)
      encoding.writeVarString(encoder, entry.json)
    }
  })
}

/** Total. States above `limits.presenceStateBytesMax` are left out and counted; they cost the others nothing. */
export function decodePresence(bytes: Uint8Array): Result<{ entries: PresenceEntry[]; tooBig: number }, string> {
  try {
    const decoder = decoding.createDecoder(bytes)
    const count = decoding.readVarUint(decoder)
    if (count > limits.presenceStatesMax) return err(`presence of ${count}, the limit is ${limits.presenceStatesMax}`)
    const entries: PresenceEntry[] = []
    let tooBig = 0
    for (let i = 0; i < count; i++) {
      const client = decoding.readVarUint(decoder)
      const clock = decoding.readVarUint(decoder)
      const size = decoding.peekVarUint(decoder)
      const json = decoding.readVarString(decoder)
      if (size > limits.presenceStateBytesMax) tooBig++
      else entries.push({ client, clock, json })
    }
    return ok({ entries, tooBig })
  } catch (thrown) {
    return err(`not a presence update: ${messageOf(thrown)}`)
  }
}

/** The state in an entry: an object, null for somebody who left, undefined when it is neither. */
export function parseState(json: string): PresenceState | null | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && !Array.isArray(value) ? (value as PresenceState | null) : undefined
  } catch {
    return undefined
  }
}
