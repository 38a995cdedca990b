/** Carries signals between the transports of one process, as peers would; a test can lose and rewrite them. */
import { peerAddress, type AddressBytes, type SignalReceiver, type Transport } from '@knotwork/core'

export interface SignalOnTheWay {
  readonly from: AddressBytes
  readonly to: AddressBytes
  readonly payload: Uint8Array
}

export class SignalExchange {
  readonly #receivers = new Map<string, SignalReceiver>()

  /** Gives a transport a way to send; returns the address by which others dial it. */
  join(transport: Transport, own: AddressBytes): string {
    const send = (to: AddressBytes, payload: Uint8Array): void => {
      setTimeout(() => this.#carry({ from: own, to, payload }), 0)
    }
    const receiver = transport.useSignals?.({ own, send })
    if (receiver !== undefined) this.#receivers.set(peerAddress(own), receiver)
    return `direct:${peerAddress(own)}`
  }

  #carry({ from, to, payload }: SignalOnTheWay): void {
    const receiver = this.#receivers.get(peerAddress(to))
    if (receiver === undefined) this.#receivers.get(peerAddress(from))?.unreachable(to, 'nobody knows it')
    else receiver.received(from, payload)
  }
}

/** The address of a peer that is only a number. */
export function numberedAddress(number: number): AddressBytes {
  const bytes = new Uint8Array(40)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}
