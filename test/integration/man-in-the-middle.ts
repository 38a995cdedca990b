/**
 * Carries signals like anybody, but has connections of its own: it answers every offer itself, offers on in its own
 * name, and passes on between the two all that is said.
 */
import { peerAddress, type AddressBytes, type Rtc, type RtcConnection, type Transport } from '@knotwork/core'
import { decodeProposal, encodeProposal } from '../../core/src/direct/offer-codec.ts'
import type { SignalReceiver } from '../../core/src/ports/signals.ts'

export class ManInTheMiddle {
  readonly #rtc: Rtc
  readonly #receivers = new Map<string, SignalReceiver>()
  readonly #greeted = new Map<string, RtcConnection>()
  readonly #connections: RtcConnection[] = []
  /** Bytes it could read while it passed them on. */
  passed = 0

  constructor(rtc: Rtc) {
    this.#rtc = rtc
  }

  join(transport: Transport, own: AddressBytes): string {
    const send = (to: AddressBytes, payload: Uint8Array): void => void this.#carry(own, to, payload)
    const receiver = transport.useSignals?.({ own, send })
    if (receiver !== undefined) this.#receivers.set(peerAddress(own), receiver)
    return `direct:${peerAddress(own)}`
  }

  async #carry(from: AddressBytes, to: AddressBytes, payload: Uint8Array): Promise<void> {
    const proposal = decodeProposal(payload)
    if (proposal === null || proposal.kind === 'refusal') return
    const { attempt, kind, text } = proposal
    if (kind === 'answer') return this.#greeted.get(attempt.join())?.accept(text)
    const [near, far] = this.#pair()
    this.#greeted.set(attempt.join(), far)
    const [answer, offer] = await Promise.all([near.answer(text), far.offer()])
    this.#receivers.get(peerAddress(from))?.received(to, encodeProposal({ kind: 'answer', attempt, text: answer }))
    this.#receivers.get(peerAddress(to))?.received(from, encodeProposal({ kind: 'offer', attempt, text: offer }))
  }

  /** Two connections; what comes by one goes out by the other, once that is open. */
  #pair(): readonly [RtcConnection, RtcConnection] {
    const waiting: [Uint8Array[] | null, Uint8Array[] | null] = [[], []]
    const make = (here: 0 | 1): RtcConnection => {
      const there = here === 0 ? 1 : 0
      return this.#rtc.connect({
        opened: () => {
          for (const bytes of waiting[here] ?? []) pair[here].send(bytes)
          waiting[here] = null
        },
        received: (bytes) => {
          this.passed += bytes.byteLength
          const queue = waiting[there]
          if (queue === null) pair[there].send(bytes)
          else queue.push(bytes)
        },
        drained: () => undefined,
        closed: () => undefined,
      })
    }
    const pair: readonly [RtcConnection, RtcConnection] = [make(0), make(1)]
    this.#connections.push(...pair)
    return pair
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close()
  }
}
