import type { AddressBytes } from '../wire/message.ts'

/** The engine's way of carrying what two peers must say before they have a link. */
export interface Signals {
  readonly own: AddressBytes
  send(to: AddressBytes, payload: Uint8Array): void
}

/** What a transport that needs signals hears. */
export interface SignalReceiver {
  received(from: AddressBytes, payload: Uint8Array): void
  /** A signal to that peer found no way; `why` is for people. */
  unreachable(to: AddressBytes, why: string): void
}
