/** Drives signalling: carries signals over the peer's links, and hands those for this peer to its transports. */
import type { LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { Signalling, type SignallingEffect, type SignallingEvent } from '../discovery/signalling.ts'
import type { SignalReceiver } from '../ports/signals.ts'
import { feature, type AddressBytes, type LinkMessage, type Signal } from '../wire/message.ts'
import type { Platform } from './api.ts'
import type { LinkDriver } from './link-driver.ts'
import type { LinkSet } from './link-set.ts'

export interface SignalDriverOptions {
  readonly platform: Platform
  readonly links: LinkSet
  readonly own: AddressBytes
  readonly keeps: boolean
}

export class SignalDriver {
  readonly #options: SignalDriverOptions
  readonly #machine: Signalling
  readonly #receivers: readonly SignalReceiver[]

  constructor(options: SignalDriverOptions) {
    this.#options = options
    const { own, keeps, links, platform } = options
    const view = {
      linkTo: (address: AddressBytes) => links.linkTo(address)?.id ?? null,
      addressOf: (link: LinkId) => links.get(link)?.address ?? null,
      carriers: () => idsOf(links, (link) => link.traits.keeps),
      introducers: () => idsOf(links, (link) => !link.traits.keeps && takesDirectLinks(link)),
    }
    this.#machine = new Signalling({ own, carries: keeps, view })
    const signals = { own, send: (to: AddressBytes, payload: Uint8Array) => this.#send(to, payload) }
    this.#receivers = platform.transports.flatMap((transport) => transport.useSignals?.(signals) ?? [])
  }

  /** Whether some transport of this peer takes direct links. */
  get isDirect(): boolean {
    return this.#receivers.length > 0
  }

  received(link: LinkDriver, message: Extract<LinkMessage, { type: 'signal' | 'unreachable' }>): void {
    if (message.type === 'unreachable') return this.#run({ type: 'refused', link: link.id, id: message.id })
    const { refused } = this.#machine
    this.#run({ type: 'received', link: link.id, signal: message })
    if (this.#machine.refused > refused) this.#options.platform.log('debug', 'signal refused', { link: link.id })
  }

  lost(link: LinkId): void {
    this.#run({ type: 'linkLost', link })
  }

  #send(to: AddressBytes, payload: Uint8Array): void {
    const { own, platform } = this.#options
    const id = platform.random.bytes(8)
    const signal: Signal = { type: 'signal', id, to, from: own, hops: limits.signalHopsMax, payload }
    this.#run({ type: 'send', signal })
  }

  #run(event: SignallingEvent): void {
    for (const effect of this.#machine.handle(event, this.#options.platform.clock.now())) this.#perform(effect)
  }

  #perform(effect: SignallingEffect): void {
    switch (effect.type) {
      case 'forward':
        return this.#options.links.get(effect.link)?.send(effect.message)
      case 'deliver':
        for (const receiver of this.#receivers) receiver.received(effect.from, effect.payload)
        return
      case 'unreachable':
        return this.#unreachable(effect.to)
    }
  }

  #unreachable(to: AddressBytes): void {
    const why = this.#options.links.isOnline
      ? 'nobody this peer is linked to can introduce the two'
      : 'waiting for a link to anybody who can introduce the two'
    for (const receiver of this.#receivers) receiver.unreachable(to, why)
  }
}

function idsOf(links: LinkSet, isWanted: (link: LinkDriver) => boolean): readonly LinkId[] {
  return [...links.proven()].filter((link) => isWanted(link)).map((link) => link.id)
}

/** Whether a link's other end takes direct links. */
export function takesDirectLinks(link: LinkDriver): boolean {
  return link.peer?.features.includes(feature.direct) ?? false
}
