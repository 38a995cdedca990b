/** Randomness: `bytes` must be fit for nonces, `fraction` is for jitter and choice. */
export interface Random {
  bytes(count: number): Uint8Array
  /** At least 0, below 1. */
  fraction(): number
}
