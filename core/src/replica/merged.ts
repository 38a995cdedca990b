/** What became of an update from outside. */
import type { Inspection } from './gate.ts'

export type Merged =
  /** Nothing new in it. */
  | { readonly type: 'known'; readonly inspection: Inspection }
  /** Applied: the document changed. */
  | { readonly type: 'news'; readonly inspection: Inspection }
  /** Not applied: it builds on something that is not here. Ask for that, then offer it again. */
  | { readonly type: 'waiting' }
  /** Not applied: no update, or above a limit. */
  | { readonly type: 'refused'; readonly why: string }
