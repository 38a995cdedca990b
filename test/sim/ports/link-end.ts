/** The places of the network and the ends of its links, as everybody but the links themselves sees them. */
import type { AcceptLink } from '@knotwork/core'
import type { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'

/** A place in the network; processes come and go there. */
export interface Host {
  readonly label: string
  /** Which process runs there, if one does, and takes links. */
  listener: { readonly life: Life; readonly accept: AcceptLink } | null
}

export interface LinkEnd {
  readonly host: Host
  readonly life: Life
  readonly far: LinkEnd | null
  readonly description: string
  readonly queuedBytes: number
  readonly isOpen: boolean
  /** Open, but the other side is gone without a word: nothing passes any more, and nobody here knows it yet. */
  readonly isDead: boolean
  /** The connection breaks under both ends; nobody is told when `isSilent`. */
  cut(isSilent: boolean): void
  /** The reader at the other side stops reading for a while, and so much seems to wait for it already. */
  stall(forMs: number, ballastBytes: number): void
  /** The reader reads again, and no frame is to be spoiled any more. */
  mend(): void
  /** The next frame sent from here arrives as garbage. */
  spoilNext(rng: Rng): void
}

/** Sees each frame as it is handed to a link, and may put others in its place: planted bugs do. */
export interface Tap {
  sending(frame: Uint8Array, from: LinkEnd): readonly Uint8Array[]
}
