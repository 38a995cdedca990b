/**
 * Versions that somebody gave a name (PROTOCOL.md [HI4]). They are kept in a document of their own beside the one they are of, so they
 * reach everybody, survive any retention, and conflict with nobody. Whatever is in it comes from others: what is not as
 * written here is not shown.
 */
import type * as Y from 'yjs'
import { utf8 } from '../bytes.ts'
import { documentName, type DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Seconds } from '../ports/history-storage.ts'
import { bulkLimits, inspect } from '../replica/gate.ts'
import { err, ok, type Result } from '../result.ts'

export interface NamedState {
  readonly id: string
  readonly name: string
  readonly at: Seconds
  /** Who named it: the id of a peer. */
  readonly by: string
  readonly sizeBytes: number
}

const prefix = 'knotwork:versions:'

/** Where the named versions of a document are kept. */
export function versionsNameOf(name: DocumentName): Result<DocumentName, string> {
  const companion = documentName(`${prefix}${name}`)
  if (companion.ok) return companion
  const most = limits.documentNameBytesMax - prefix.length
  return err(`only documents with names of up to ${most} bytes have named versions`)
}

export function isVersionsName(name: string): boolean {
  return name.startsWith(prefix)
}

/** The document that a name is about: of a companion's, the one whose versions it keeps; of any other, itself. */
export function documentBehind(name: string): string {
  return isVersionsName(name) ? documentBehind(name.slice(prefix.length)) : name
}

/** As it lies in the map `versions`; the state lies in `states`, so that a list is had without them. */
interface Entry {
  readonly name: string
  readonly at: Seconds
  readonly by: string
}

/** A name for a version; the error is a sentence. */
export function checkedVersionName(name: string): Result<string, string> {
  const trimmed = name.trim()
  if (trimmed === '') return err('a version has a name')
  if (utf8(trimmed).byteLength > limits.versionNameBytesMax) {
    return err(`the name of a version has at most ${limits.versionNameBytesMax} bytes`)
  }
  return ok(trimmed)
}

export class NamedVersions {
  readonly #doc: Y.Doc

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  get #entries(): Y.Map<unknown> {
    return this.#doc.getMap('versions')
  }

  get #states(): Y.Map<unknown> {
    return this.#doc.getMap('states')
  }

  /** The oldest first. */
  list(): readonly NamedState[] {
    const named: NamedState[] = []
    for (const [id, entry] of this.#entries) {
      const state = this.#states.get(id)
      if (!isEntry(entry) || !(state instanceof Uint8Array)) continue
      named.push({ id, name: entry.name, at: entry.at, by: entry.by, sizeBytes: state.byteLength })
    }
    return named.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  }

  /** The whole document (v1) as it was; null when there is no such version, or nothing that could be one. */
  read(id: string): Uint8Array | null {
    const state = this.#states.get(id)
    return state instanceof Uint8Array && inspect(state, bulkLimits).ok ? state : null
  }

  add(id: string, entry: Entry, state: Uint8Array): void {
    this.#doc.transact(() => {
      this.#entries.set(id, { name: entry.name, at: entry.at, by: entry.by })
      this.#states.set(id, state)
    })
  }

  remove(id: string): void {
    this.#doc.transact(() => {
      this.#entries.delete(id)
      this.#states.delete(id)
    })
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const { name, at, by } = value as Partial<Record<keyof Entry, unknown>>
  return typeof name === 'string' && typeof by === 'string' && Number.isSafeInteger(at)
}
