/**
 * Direct links of a page. A browser keeps a page for going back to only when it has no connection left: they are closed
 * when the page is hidden, and come about again when it is shown (PROTOCOL.md [TR15]).
 */
import { DirectTransport, type AcceptLink } from '@knotwork/core'

export class PageDirectTransport extends DirectTransport {
  readonly #disposed = new AbortController()

  override listen(accept: AcceptLink): Promise<readonly string[]> {
    if (typeof window !== 'undefined') {
      const { signal } = this.#disposed
      window.addEventListener('pagehide', () => this.rest(), { signal })
      window.addEventListener('pageshow', () => this.wake(), { signal })
    }
    return super.listen(accept)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort()
    await super[Symbol.asyncDispose]()
  }
}
