import type { Millis } from '../ids.ts'
import type { SignalReceiver, Signals } from './signals.ts'

/**
 * A pipe to one peer: frames arrive whole. It should keep their order and lose none while it is open; the protocol
 * above survives when it does not (PROTOCOL.md [TR1]).
 */
export interface Link {
  /** For logs and the list of neighbours: an address, never a secret. */
  readonly description: string
  /** How this link travels, as shown to people. */
  readonly transport: string
  /** Bytes handed to `send` that the other side has not taken yet. */
  readonly queuedBytes: number
  /** Whether nobody else is on the way: no server takes part. Default false. */
  readonly isDirect?: boolean
  /** What identifies the pipe itself, equal at both ends; bound into the proof of identity. Absent where there is none. */
  readonly channelBinding?: Uint8Array
  /** Never throws; on a closed link it does nothing. A frame has at most `limits.frameBytesMax` bytes. */
  send(frame: Uint8Array): void
  /** Closes after what was sent; `reason` is for people, at most 120 bytes. Calling it again does nothing. */
  close(code: number, reason: string): void
}

/** What the engine wants to hear of a link. `closed` comes exactly once, also after an own `close`; nothing follows it. */
export interface LinkReceiver {
  received(frame: Uint8Array): void
  closed(code: number, reason: string): void
}

/** The engine's side of a new link. Called once for each link, synchronously, before its first frame. */
export type AcceptLink = (link: Link) => LinkReceiver

export interface DialOptions {
  /** For somebody who has nobody else: the other side takes it where it would not take one more. Default false. */
  readonly isUrgent?: boolean
}

export interface Transport extends AsyncDisposable {
  /** Schemes of the addresses it can dial, without the colon: `ws`, `wss`. Empty when it cannot dial. */
  readonly schemes: readonly string[]
  /** How long a dial may take before it is given up. Default: `limits.dialMs`. */
  readonly dialMs?: Millis
  /** It links to this peer's other instances by itself, as the tabs of one browser do: nobody dials those. */
  readonly linksOwnInstances?: boolean
  /**
   * Tries to open a link. Exactly one of `accept` and `failed` is called, unless the returned function aborts it
   * first: then neither is.
   */
  dial(address: string, accept: AcceptLink, failed: (why: string) => void, options?: DialOptions): () => void
  /** Whether to dial somebody whom nobody asked for by name. Default: always. */
  hasRoom?(isUrgent: boolean): boolean
  /** Takes incoming links from now on; resolves with the addresses others can dial, if there are any. */
  listen(accept: AcceptLink): Promise<readonly string[]>
  /** A transport whose dials need signals is given a way to send them, and returns who hears those of others. */
  useSignals?(signals: Signals): SignalReceiver
}
