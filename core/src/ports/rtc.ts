/** What a platform with WebRTC gives: one connection per pair of peers, with one ordered, reliable channel on it. */
export interface Rtc {
  /** A connection that is not negotiated yet. `events` hears of its one channel. */
  connect(events: RtcEvents): RtcConnection
}

export interface RtcEvents {
  opened(): void
  received(bytes: Uint8Array): void
  /** What the channel holds has fallen below its low mark. */
  drained(): void
  /** Exactly once, also when it never opened; nothing follows. */
  closed(why: string): void
}

export interface RtcConnection {
  /** An offer with all candidates in it. */
  offer(): Promise<string>
  /** Takes an offer; the answer has all candidates in it. */
  answer(offer: string): Promise<string>
  accept(answer: string): Promise<void>
  /** Both sides' certificate fingerprints, in an order that is the same at both ends; empty before they are known. */
  readonly fingerprints: string
  readonly queuedBytes: number
  send(bytes: Uint8Array): void
  close(): void
}
