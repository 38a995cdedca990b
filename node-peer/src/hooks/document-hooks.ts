/** The hooks that are about documents: what is stored sets them off, and what is loaded waits for one. */
import {
  isUpdate,
  isVersionsName,
  messageOf,
  type DocumentName,
  type Log,
  type Peer,
  type StoredDocument as Loaded,
} from '@knotwork/core'
import type { WatchedStorage } from '../storage/watched-storage.ts'
import type { HookCalls } from './hook-calls.ts'
import type { Hooks } from './hooks.ts'
import { RestSchedule, type Rest } from './rest-schedule.ts'

export interface DocumentHooksOptions {
  readonly hooks: Hooks
  readonly calls: HookCalls
  readonly log: Log
  readonly rest?: Rest
}

export class DocumentHooks {
  readonly #options: DocumentHooksOptions
  readonly #resting: RestSchedule
  #peer: Peer | null = null

  constructor(options: DocumentHooksOptions) {
    this.#options = options
    this.#resting = new RestSchedule((name) => this.#store(name), options.rest)
  }

  watch(storage: WatchedStorage): void {
    const { hooks, calls, log } = this.#options
    const { onChange, onStoreDocument, onLoadDocument } = hooks
    storage.watch((name, updates) => {
      // What is known of a document's versions is no document of the app.
      if (isVersionsName(name)) return
      if (onChange !== undefined) calls.tell('onChange', () => onChange({ documentName: name, updates }))
      if (onStoreDocument !== undefined) this.#resting.changed(name)
    })
    if (onLoadDocument === undefined) return
    storage.completeLoads(async (name, loaded) => {
      if (isVersionsName(name)) return loaded
      const isNew = loaded.updates.length === 0
      const ask = (): ReturnType<typeof onLoadDocument> => onLoadDocument({ documentName: name, isNew })
      const update = await calls.ask('onLoadDocument', ask, undefined)
      return update === undefined ? loaded : this.#added({ storage, name, log }, loaded, update)
    })
  }

  /** What is stored can be read from now on. */
  serve(peer: Peer): void {
    this.#peer = peer
  }

  finish(): Promise<void> {
    return this.#resting.finish()
  }

  /** [HK4] Like any other update: checked where the log is read, and in the log before anybody sees it. */
  async #added(
    { storage, name, log }: { storage: WatchedStorage; name: DocumentName; log: Log },
    loaded: Loaded,
    update: Uint8Array,
  ): Promise<Loaded> {
    if (loaded.updates.some((each) => Buffer.compare(each, update) === 0)) return loaded
    if (!isUpdate(update)) {
      log('error', 'hookFailed', { hook: 'onLoadDocument', document: name, why: 'what it gave is no Yjs update' })
      return loaded
    }
    try {
      await storage.append(name, [update])
    } catch (thrown) {
      log('error', 'hookFailed', { hook: 'onLoadDocument', document: name, why: messageOf(thrown) })
      return loaded
    }
    return { ...loaded, updates: [...loaded.updates, update] }
  }

  async #store(name: string): Promise<boolean> {
    const { hooks, calls } = this.#options
    const { onStoreDocument } = hooks
    const peer = this.#peer
    if (onStoreDocument === undefined || peer === null) return true
    const { ok } = await calls.attempt('onStoreDocument', async () => {
      const update = await peer.read(name)
      if (update !== null) await onStoreDocument({ documentName: name, update })
    })
    return ok
  }
}
