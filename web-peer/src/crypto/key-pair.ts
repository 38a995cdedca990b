import type { Crypto, Identity } from '@knotwork/core'

/** A key pair as IndexedDB keeps it. */
export type KeyPair =
  /** Made by the browser, which hands the private half to nobody. */
  | { readonly type: 'browser'; readonly publicKey: Uint8Array; readonly privateKey: CryptoKey }
  /** Made by us where the browser's cryptography is missing. */
  | { readonly type: 'seed'; readonly publicKey: Uint8Array; readonly seed: Uint8Array }

/** One implementation of Ed25519 and HMAC-SHA-256. */
export interface Suite extends Crypto {
  readonly name: 'browser' | 'seed'
  generate(): Promise<KeyPair>
  /** Makes an identity of a stored key pair; rejects when it is of the other kind. */
  identityOf(pair: KeyPair): Identity
}
