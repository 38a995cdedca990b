/** One app's handle on a document; several may be open on the same one. */
import { KnotworkError } from '../errors.ts'
import { applyAsOwn } from '../history/restoration.ts'
import type { Presence } from '../presence/presence.ts'
import type { Doc } from '../replica/replica.ts'
import type { SharedDocument, SyncedOptions } from './api.ts'
import type { DocumentDriver } from './document-driver.ts'
import type { DocumentStatus } from './status.ts'
import type { Versions } from './versions-api.ts'
import type { Watched } from './watched.ts'

export class OpenDocument implements SharedDocument {
  readonly name: string
  readonly doc: Doc
  readonly presence: Presence
  readonly status: Watched<DocumentStatus>
  readonly loaded: Promise<void>
  readonly #driver: DocumentDriver
  #isClosed = false
  #isOffline = false

  readonly versions: Versions

  /** `versionsWith`: its history, which makes changes by the given function. */
  constructor(
    driver: DocumentDriver,
    versionsWith: (change: (update: Uint8Array) => Promise<void>) => Versions,
    doc?: Doc,
  ) {
    this.#driver = driver
    this.name = driver.name
    this.doc = driver.openForApp(doc)
    this.presence = driver.presence
    this.status = driver.status
    this.versions = versionsWith((update) => {
      applyAsOwn(this.doc, update)
      return this.stored()
    })
    this.loaded = driver.until(() => driver.machine.isLoaded).done
  }

  stored(): Promise<void> {
    const { machine } = this.#driver
    // The machine numbers a change when it takes it from the replica: that is a microtask after the edit.
    return Promise.resolve().then(() => {
      const { written } = machine.progress
      const isStored = (): boolean => machine.progress.durable >= written && machine.isLoaded
      return this.#driver.until(isStored, () => machine.summary().fault).done
    })
  }

  async synced(options: SyncedOptions = {}): Promise<void> {
    const { peers = 1, stored = false, signal } = options
    const { machine } = this.#driver
    // The machine numbers a change when it takes it from the replica: that is a microtask after the edit.
    await Promise.resolve()
    if (signal?.aborted === true) throw aborted(signal.reason)
    let edits: number | null = null
    const isSynced = (): boolean => {
      if (!machine.isLoaded) return false
      edits ??= machine.progress.edits
      return machine.neighbours.holders(edits, stored) >= peers
    }
    // What the own log does not take never leaves [ST2].
    const waiting = this.#driver.until(isSynced, () => machine.summary().fault)
    if (signal === undefined) return waiting.done
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        waiting.cancel()
        reject(aborted(signal.reason))
      }
      signal.addEventListener('abort', abort)
      waiting.done.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    })
  }

  disconnect(): void {
    this.#setOffline(true)
  }

  connect(): void {
    this.#setOffline(false)
  }

  #setOffline(isOffline: boolean): void {
    if (this.#isClosed || this.#isOffline === isOffline) return
    this.#isOffline = isOffline
    this.#driver.setOffline(isOffline)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#driver.closeForApp(this.#isOffline)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function aborted(cause: unknown): KnotworkError {
  return new KnotworkError('aborted', 'no longer waiting: the signal was aborted', { cause })
}
