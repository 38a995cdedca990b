/**
 * This peer's key pair: made once, then kept in the peer's own database. All tabs of a browser share it, so when two
 * start at once a transaction decides whose key stays.
 */
import type { Crypto, Identity } from '@knotwork/core'
import { detectBrowserSuite } from './crypto/browser-suite.ts'
import type { KeyPair, Suite } from './crypto/key-pair.ts'
import { ownStore } from './own-database.ts'
import { answered, written } from './storage/indexeddb-request.ts'

const identityKey = 'identity'

export interface Self {
  readonly identity: Identity
  readonly crypto: Crypto
}

/** The key pair in the database, made now if there is none; without a database, one for this page only. */
export async function loadSelf(ownDatabase: IDBDatabase | null): Promise<Self> {
  const suite = await chooseSuite()
  const fresh = () => suite.generate()
  const pair = ownDatabase === null ? await fresh() : await keepOne(ownDatabase, fresh)
  const owner = pair.type === suite.name ? suite : await suiteOf(pair)
  return { identity: owner.identityOf(pair), crypto: suite }
}

async function chooseSuite(): Promise<Suite> {
  return (await detectBrowserSuite()) ?? (await loadSeedSuite())
}

/** A key made before the browser learned Ed25519 stays this peer's key. */
async function suiteOf(pair: KeyPair): Promise<Suite> {
  if (pair.type === 'seed') return loadSeedSuite()
  throw new Error('the key of this peer was made by a cryptography that this page does not have')
}

async function loadSeedSuite(): Promise<Suite> {
  return (await import('./crypto/seed-suite.ts')).seedSuite
}

async function keepOne(database: IDBDatabase, generate: () => Promise<KeyPair>): Promise<KeyPair> {
  const store = database.transaction(ownStore.identity).objectStore(ownStore.identity)
  const known: KeyPair | undefined = await answered<KeyPair | undefined>(store.get(identityKey))
  if (known !== undefined) return known
  // Making it takes longer than a transaction lives.
  const made = await generate()
  let kept = made
  await written(database, ownStore.identity, async (transaction) => {
    const identities = transaction.objectStore(ownStore.identity)
    const other = await answered<KeyPair | undefined>(identities.get(identityKey))
    if (other === undefined) identities.put(made, identityKey)
    else kept = other
  })
  return kept
}
