/**
 * Open connections to the databases of documents: one database for each document, in y-indexeddb's schema
 * (PROTOCOL.md [ST8]). A peer may have thousands of documents, so connections nobody uses are closed again.
 */
import { KnotworkError } from '@knotwork/core'
import { openDatabase } from './indexeddb-request.ts'

export const documentStore = {
  /** Key: a number the browser counts up; value: an update (v1). */
  updates: 'updates',
  /** Anything else about the document, under keys of its own. */
  custom: 'custom',
} as const

/** Browsers limit open files; documents in use keep their connection whatever this says. */
const connectionsMax = 64
const idleMs = 30_000

interface Connection {
  /** Null: there is no such database, and none was to be created. */
  readonly database: Promise<IDBDatabase | null>
  users: number
  usedAt: number
}

export class DocumentDatabases {
  /** Least recently used first. */
  readonly #connections = new Map<string, Connection>()
  readonly #work = new Set<Promise<unknown>>()
  #sweep: ReturnType<typeof setTimeout> | null = null
  #isClosed = false

  /** Calls `work` with the document's database; null when there is none and `create` is false. */
  use<Result>(name: string, create: boolean, work: (database: IDBDatabase) => Promise<Result>): Promise<Result | null> {
    if (this.#isClosed) return Promise.reject(new KnotworkError('closed', 'this storage is closed'))
    const working = this.#use(name, create, work)
    this.#work.add(working)
    const forget = () => void this.#work.delete(working)
    working.then(forget, forget)
    return working
  }

  /** Waits for the work under way and closes every connection; later work is refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    // Each failure is told to whoever asked for the work.
    await Promise.allSettled(this.#work)
    for (const name of [...this.#connections.keys()]) await this.#disconnect(name)
    if (this.#sweep !== null) clearTimeout(this.#sweep)
  }

  async #use<Result>(
    name: string,
    create: boolean,
    work: (database: IDBDatabase) => Promise<Result>,
  ): Promise<Result | null> {
    for (;;) {
      const connection = this.#connections.get(name) ?? this.#connect(name, create)
      connection.users++
      try {
        const database = await connection.database
        if (database !== null) return await work(database)
      } finally {
        connection.users--
        this.#touch(name, connection)
      }
      // Whoever looked first did not want to create it; look again, now with our own wish.
      if (!create) return null
    }
  }

  #connect(name: string, create: boolean): Connection {
    const database = openDocument(name, create)
    const connection: Connection = { database, users: 0, usedAt: performance.now() }
    this.#connections.set(name, connection)
    const forget = () => {
      if (this.#connections.get(name) === connection) this.#connections.delete(name)
    }
    database.then((opened) => {
      if (opened === null) return forget()
      opened.addEventListener('close', forget)
      opened.addEventListener('versionchange', () => {
        forget()
        opened.close()
      })
    }, forget)
    return connection
  }

  #touch(name: string, connection: Connection): void {
    if (this.#connections.get(name) !== connection) return
    connection.usedAt = performance.now()
    this.#connections.delete(name)
    this.#connections.set(name, connection)
    this.#closeIdle()
  }

  #closeIdle(): void {
    const now = performance.now()
    let excess = this.#connections.size - connectionsMax
    for (const [name, connection] of [...this.#connections]) {
      if (connection.users > 0) continue
      if (excess <= 0 && now - connection.usedAt < idleMs) break
      void this.#disconnect(name)
      excess--
    }
    if (this.#connections.size === 0 || this.#sweep !== null) return
    this.#sweep = setTimeout(() => {
      this.#sweep = null
      this.#closeIdle()
    }, idleMs)
  }

  async #disconnect(name: string): Promise<void> {
    const connection = this.#connections.get(name)
    this.#connections.delete(name)
    // A failed open has told its users and has nothing to close.
    const database = await connection?.database.catch(() => null)
    database?.close()
  }
}

async function openDocument(name: string, create: boolean): Promise<IDBDatabase | null> {
  let isAbsent = false
  const opening = openDatabase(name, (request) => {
    if (create) {
      request.result.createObjectStore(documentStore.updates, { autoIncrement: true })
      request.result.createObjectStore(documentStore.custom)
    } else {
      // Asking for a document must not create it: neighbours ask for names that exist nowhere.
      isAbsent = true
      request.transaction?.abort()
    }
  })
  const database = await opening.catch((thrown: unknown) => {
    if (isAbsent) return null
    throw thrown
  })
  if (database === null) return null
  const { objectStoreNames: stores } = database
  if (stores.contains(documentStore.updates) && stores.contains(documentStore.custom)) return database
  database.close()
  throw new KnotworkError('storage', 'a database of another program has the name of this document')
}
