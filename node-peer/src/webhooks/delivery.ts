/** One word to one endpoint, and how often it was said in vain. */

export interface Delivery {
  /** Of the message: the same each time it is said, so that its receiver can tell. */
  readonly id: string
  readonly url: string
  /** Of the document that this is about: a later change of it needs no word of its own while this one waits. */
  readonly document: string
  /** As it is signed. */
  readonly body: string
  readonly attempts: number
  /** When to say it, in milliseconds since 1970: it outlives this process. */
  readonly dueAt: number
  /** What went wrong the last time; null before. */
  readonly why: string | null
}

export interface WebhookState {
  readonly waiting: readonly Delivery[]
  /** Given up. */
  readonly dead: readonly Delivery[]
}
