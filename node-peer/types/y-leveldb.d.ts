// y-leveldb 0.2.0 ships types that its `exports` field hides from nodenext resolution. This declares what is used of it.
declare module 'y-leveldb' {
  import type { Doc } from 'yjs'

  export class LeveldbPersistence {
    constructor(location: string, options?: { Level?: unknown; levelOptions?: object })
    /** Runs alone on the database; `db` is an abstract-level database. Private in y-leveldb, and stable since 0.1. */
    _transact<T>(run: (db: unknown) => Promise<T>): Promise<T>
    flushDocument(docName: string): Promise<void>
    getYDoc(docName: string): Promise<Doc>
    getStateVector(docName: string): Promise<Uint8Array>
    /** Resolves with the clock of the stored update. */
    storeUpdate(docName: string, update: Uint8Array): Promise<number>
    getDiff(docName: string, stateVector: Uint8Array): Promise<Uint8Array>
    clearDocument(docName: string): Promise<void>
    setMeta(docName: string, metaKey: string, value: unknown): Promise<void>
    getMeta(docName: string, metaKey: string): Promise<unknown>
    getMetas(docName: string): Promise<Map<string, unknown>>
    delMeta(docName: string, metaKey: string): Promise<unknown>
    getAllDocNames(): Promise<string[]>
    getAllDocStateVectors(): Promise<{ name: string; sv: Uint8Array; clock: number }[]>
    clearAll(): Promise<unknown>
    destroy(): Promise<void>
  }
}
