/** IndexedDB's requests and transactions as promises, so that nothing in them fails unheard. */

/** How long an open may take: a browser that never answers must not hang a peer for ever. */
const openMs = 10_000

/** The result of one request. */
export function answered<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('an IndexedDB request failed')))
  })
}

/**
 * Runs `body` in one transaction that writes to `stores`: all of it or nothing. `body` may await requests of this
 * transaction only. Resolves when it is complete, and not before (a successful request can still be rolled back), and
 * that is on disk where the browser offers such a thing.
 */
export async function written(
  database: IDBDatabase,
  stores: string | string[],
  body: (transaction: IDBTransaction) => void | Promise<void>,
): Promise<void> {
  const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' })
  const done = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    // An abort follows every error; on a full disk it comes alone, with QuotaExceededError.
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new Error('an IndexedDB transaction was aborted'))
    })
  })
  try {
    const work = body(transaction)
    if (work !== undefined) await Promise.race([work, done])
    commit(transaction)
  } catch (thrown) {
    abort(transaction)
    // Nothing may be left under way when the caller tries again. What went wrong first is what it wants to know.
    await done.catch(() => undefined)
    throw transaction.error ?? thrown
  }
  await done
}

/** Without waiting for its requests to be answered: a tab that closes a moment later has written all the same. */
function commit(transaction: IDBTransaction): void {
  try {
    transaction.commit()
  } catch {
    // It is over already, for better or worse: `done` tells.
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over already, and says why itself.
  }
}

/** Opens a database in whatever version it has; `create` is called for a new one, and may abort its transaction. */
export function openDatabase(name: string, create: (request: IDBOpenDBRequest) => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    // Throws a SecurityError where the browser forbids storage.
    const request = indexedDB.open(name)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      reject(new Error(`IndexedDB did not open a database within ${openMs / 1000} s`))
    }, openMs)
    request.addEventListener('upgradeneeded', () => create(request))
    request.addEventListener('error', () => {
      clearTimeout(timer)
      reject(request.error ?? new Error('IndexedDB did not open a database'))
    })
    request.addEventListener('success', () => {
      clearTimeout(timer)
      if (isLate) request.result.close()
      else resolve(request.result)
    })
  })
}
