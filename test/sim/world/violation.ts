/** The checks that a run can fail, by name: planted bugs and the replay command speak of them. */
export type CheckName =
  /** P1: at rest two views of a document differ. */
  | 'converged'
  /** P1, P3: something waits inside Yjs for what is not there. */
  | 'nothing-pending'
  /** P2: an acknowledgement was given that the disks do not bear out at that moment. */
  | 'acknowledged-truly'
  /** P2: an edit that a disk held, and that disk was not lost, is missing at rest. */
  | 'nothing-lost'
  /** R4: a log holds something without what it builds on, or lost something by itself. */
  | 'log-whole'
  /** A status said something that is not so. */
  | 'status-true'
  /** At rest everybody is level, and says so. */
  | 'status-at-rest'
  /** R4: something left a peer that its own log does not hold. */
  | 'durable-first'
  /** A `stored` on the wire speaks of updates that are not in that peer's log. */
  | 'stored-truly'
  /** P6: content of one document in a frame about another. */
  | 'documents-apart'
  /** P5: a queue beyond its limit. */
  | 'queues-bounded'
  /** Who saw an edit sees it no more, in the same Y.Doc. */
  | 'never-unseen'
  /** Who is here is seen by all, who is gone by none. */
  | 'presence-true'
  /** A link was closed for garbage although nobody sent any. */
  | 'no-false-garbage'
  /** P10: at rest an edit reaches everybody at once, not by a later repair. */
  | 'prompt'
  /** An operation that must end did not. */
  | 'no-hang'
  /** The engine threw, or logged what must not happen. */
  | 'no-fault'

export interface Violation {
  readonly check: CheckName
  readonly atMs: number
  readonly what: string
}

/** Keeps the first violation; the run stops soon after it. */
export class Violations {
  #first: Violation | null = null
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  get first(): Violation | null {
    return this.#first
  }

  /** Safe to call from inside the engine: it throws nothing. */
  report(check: CheckName, what: string): void {
    this.#first ??= { check, atMs: this.#now(), what }
  }
}
