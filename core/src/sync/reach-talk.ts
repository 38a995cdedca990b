/** What is said over one link about who reaches whom (PROTOCOL.md [BR8]): plain state, changed by the steps in `reach.ts`. */
import type { Millis } from '../ids.ts'
import type { ReachName } from '../wire/message.ts'

export type Names = ReadonlySet<ReachName>
export const nobody: Names = new Set()

/** What is said about reach over one link. */
export interface ReachTalk {
  /** The newest list that came; its names are forgotten when a newer one is known to be lost. */
  told: { readonly version: number; readonly names: Names }
  /** The last list that left. */
  version: number
  names: Names
  leftAt: Millis | null
  /** All on it are still reached. */
  holds: boolean
  /** Who is reached was looked at since it began to take part, or has told whom it reaches itself. */
  isSeen: boolean
  /** It is on the lists of others. */
  isReached: boolean
  /** When another list is to leave; null when it was told what there is. */
  dueAt: Millis | null
  /** When the last list is to leave again, because it was lost, or to say that one of theirs was. */
  againAt: Millis | null
}

export function noReachTalk(): ReachTalk {
  return {
    told: { version: 0, names: nobody },
    version: 0,
    names: nobody,
    leftAt: null,
    holds: true,
    isSeen: false,
    isReached: false,
    dueAt: null,
    againAt: null,
  }
}

/** When something is to be said. */
export function dueAt(talk: ReachTalk): Millis {
  return Math.min(talk.dueAt ?? Infinity, talk.againAt ?? Infinity)
}
