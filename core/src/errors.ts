/**
 * Misuse by our own caller, and failures an app has to know of, as errors with a stable `code`.
 * A peer's bad bytes are never among them: they end as a close reason on that peer's link.
 */
export type KnotworkErrorCode =
  | 'bad-name' // not a document name: empty, too long or not Unicode
  | 'closed' // the peer or the document was closed before
  | 'bad-address' // no transport of this peer knows the scheme of that address
  | 'storage' // the storage refused to load or to write
  | 'aborted' // the caller's signal was aborted
  | 'in-use' // the storage or the port is held by another process
  | 'refused' // a configuration that would be unsafe
  | 'no-version' // the document has no such version, as far as this peer knows
  | 'too-large' // above one of the limits
  | 'refused-request' // a peer that was asked said no

export class KnotworkError extends Error {
  override readonly name = 'KnotworkError'
  readonly code: KnotworkErrorCode

  constructor(code: KnotworkErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
