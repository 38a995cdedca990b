/** The history of one document: sessions from the own storage, named versions from the document they are kept in. */
import { KnotworkError } from '../errors.ts'
import { differenceBetween, type DocumentDifference } from '../history/comparison.ts'
import { checkedVersionName, NamedVersions, versionsNameOf, type NamedState } from '../history/named-versions.ts'
import { bytesOf } from '../history/outline.ts'
import { stateAt } from '../history/replay.ts'
import { restorationOf } from '../history/restoration.ts'
import { sessionsOf } from '../history/sessions.ts'
import type { DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import type { HistoryStorage, Retention, Seconds } from '../ports/history-storage.ts'
import type { Random } from '../ports/random.ts'
import type { Storage } from '../ports/storage.ts'
import type { Doc } from '../replica/replica.ts'
import type { Moment, NamedVersion, VersionList, Versions } from './versions-api.ts'

/** What the history of a document needs of the peer. */
export interface VersionsOptions {
  readonly name: DocumentName
  /** This peer's id. */
  readonly by: string
  readonly storage: Storage
  readonly random: Random
  readonly freshClientId: () => number
  /** The document as it is now (v1); null when it is not here. */
  readonly current: () => Promise<Uint8Array | null>
  /** Makes a change of ours. */
  readonly change: (update: Uint8Array) => Promise<void>
  /** Opens the document of the named versions, up to date as far as neighbours are there, for as long as `use` takes. */
  readonly useDocument: <Value>(name: DocumentName, use: (doc: Doc) => Value) => Promise<Value>
}

export class DocumentVersions implements Versions {
  readonly #options: VersionsOptions

  constructor(options: VersionsOptions) {
    this.#options = options
  }

  get #history(): HistoryStorage {
    const { history } = this.#options.storage
    if (history === undefined) throw new KnotworkError('storage', 'the storage of this peer keeps no history')
    return history
  }

  async list(): Promise<VersionList> {
    const past = await this.#history.past(this.#options.name)
    const sessions = past.retention === 'none' ? [] : sessionsOf(past)
    const first = sessions[0]?.from
    return {
      retention: past.retention,
      since: first === undefined ? null : momentOf(first),
      sizeBytes: bytesOf(past),
      isDamaged: past.isDamaged,
      sessions: sessions.map(({ from, to, edits, sizeBytes }) => {
        const end = momentOf(to)
        return { id: end, from: momentOf(from), to: end, edits, sizeBytes }
      }),
      named: (await this.#named()).map(shown),
    }
  }

  async create(name: string, { of }: { readonly of?: string } = {}): Promise<NamedVersion> {
    const checked = checkedVersionName(name)
    if (!checked.ok) throw new KnotworkError('bad-name', checked.error)
    const state = of === undefined ? await this.#now() : await this.read(of)
    if (state.byteLength > limits.namedVersionBytesMax) {
      const detail = `a version of ${state.byteLength} bytes is too large to be named: ${limits.namedVersionBytesMax} at most`
      throw new KnotworkError('too-large', detail)
    }
    const { name: document, by, random } = this.#options
    const { now: at } = await this.#history.past(document)
    const id = `v${[...random.bytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
    await this.#companion((named) => {
      if (named.list().length >= limits.namedVersionsMax) {
        throw new KnotworkError('too-large', `a document has at most ${limits.namedVersionsMax} named versions`)
      }
      named.add(id, { name: checked.value, at, by }, state)
    })
    return shown({ id, name: checked.value, at, by, sizeBytes: state.byteLength })
  }

  async read(version: string): Promise<Uint8Array> {
    const named = await this.#companion((versions) => {
      const found = findIn(versions.list(), version)
      return found === undefined ? undefined : versions.read(found.id)
    })
    if (named === null) throw new KnotworkError('storage', `the version ${JSON.stringify(version)} is damaged`)
    return named ?? this.#at(version)
  }

  async #at(version: string): Promise<Uint8Array> {
    const moment = secondsOf(version)
    const state = moment === null ? null : await stateAt(await this.#history.past(this.#options.name), moment)
    if (state !== null) return state
    throw new KnotworkError('no-version', `there is no version ${JSON.stringify(version)} of this document here`)
  }

  async diff(version: string, to?: string): Promise<DocumentDifference> {
    const before = await this.read(version)
    return differenceBetween(before, to === undefined ? await this.#now() : await this.read(to))
  }

  async restore(version: string): Promise<boolean> {
    const { freshClientId, change } = this.#options
    const state = await this.read(version)
    const update = restorationOf(await this.#now(), state, freshClientId())
    if (update !== null) await change(update)
    return update !== null
  }

  async remove(version: string): Promise<void> {
    const isThere = await this.#companion((versions) => {
      const found = findIn(versions.list(), version)
      if (found !== undefined) versions.remove(found.id)
      return found !== undefined
    })
    if (!isThere) throw new KnotworkError('no-version', `nobody has named a version ${JSON.stringify(version)}`)
  }

  retain(retention: Retention | null): Promise<void> {
    return this.#history.retain(this.#options.name, retention)
  }

  async #now(): Promise<Uint8Array> {
    const update = await this.#options.current()
    if (update === null) throw new KnotworkError('no-version', 'no such document is stored here')
    return update
  }

  #named(): Promise<readonly NamedState[]> {
    return this.#companion((versions) => versions.list())
  }

  async #companion<Value>(use: (versions: NamedVersions) => Value): Promise<Value> {
    const companion = versionsNameOf(this.#options.name)
    if (!companion.ok) throw new KnotworkError('bad-name', companion.error)
    return this.#options.useDocument(companion.value, (doc) => use(new NamedVersions(doc)))
  }
}

/** By its id; otherwise the newest of that name. */
function findIn(versions: readonly NamedState[], wanted: string): NamedState | undefined {
  return versions.find(({ id }) => id === wanted) ?? versions.findLast(({ name }) => name === wanted)
}

function shown({ id, name, at, by, sizeBytes }: NamedState): NamedVersion {
  return { id, name, at: momentOf(at), by, sizeBytes }
}

/** Beyond this a date has no year of four digits. */
const lastSecond = 253_402_300_799

function momentOf(seconds: Seconds): Moment {
  const date = new Date(Math.min(Math.max(seconds, 0), lastSecond) * 1_000)
  return date.toISOString().replace('.000Z', 'Z')
}

/** Null for what is no moment. */
function secondsOf(text: string): Seconds | null {
  if (!/^\d{4}-\d{2}-\d{2}/u.test(text)) return null
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? null : Math.floor(millis / 1_000)
}
