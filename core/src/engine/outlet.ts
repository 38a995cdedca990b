/** Where a document's messages for one link go: a peer's link, or a client of another wire. */
import type { DocumentName, LinkId } from '../ids.ts'
import type { Traits } from '../sync/neighbour.ts'
import type { DeclineReason, DocumentMessage, Have } from '../wire/message.ts'

export interface Outlet {
  readonly id: LinkId
  readonly traits: Traits
  /** Says that we take part. */
  openDocument(name: DocumentName, have: Have): void
  /** False when it was dropped because the reader is too slow: `drained` is called when it has caught up. */
  sendDocument(name: DocumentName, message: DocumentMessage): boolean
  /** Says that we do not take part in what they opened. */
  declineDocument(name: DocumentName, reason: DeclineReason): void
  /** Says that we did not hear that they take part. */
  unknownDocument(name: DocumentName): void
  /** Says that we do not take part any more. */
  closeDocument(name: DocumentName): void
  close(code: number, reason: string): void
}
