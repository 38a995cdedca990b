/** This peer's own key pair. The private half need not be readable by anyone, this process included. */
export interface Identity {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** A signature of 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

export interface Crypto {
  /** Whether `signature` is of `bytes` by that Ed25519 key. Never rejects because of its input. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** HMAC-SHA-256, 32 bytes. */
  hmac(key: Uint8Array, bytes: Uint8Array): Promise<Uint8Array>
}
