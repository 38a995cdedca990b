/**
 * Who else is in a document, told and asked between peers, so that pages find one another (PROTOCOL.md [ME5], [ME6]).
 */
import type { DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { AddressBytes, LinkMessage } from '../wire/message.ts'
import { DirectDialling } from './direct-dialling.ts'
import type { DocumentDriver } from './document-driver.ts'
import type { LinkDriver } from './link-driver.ts'
import type { LinkSet } from './link-set.ts'
import { takesDirectLinks } from './signal-driver.ts'

export interface MemberExchangeOptions {
  readonly links: LinkSet
  readonly clock: Clock
  readonly fraction: () => number
  readonly own: AddressBytes
  readonly isDirect: boolean
  readonly opened: () => Iterable<DocumentDriver>
}

export class MemberExchange {
  readonly #options: MemberExchangeOptions
  readonly #dialling: DirectDialling
  #cancel: (() => void) | null = null

  constructor(options: MemberExchangeOptions) {
    this.#options = options
    const { links, own } = options
    this.#dialling = new DirectDialling({
      own,
      isLinked: (address) => links.linkTo(address) !== undefined,
      count: () => [...links.proven()].filter((link) => link.link.transport === 'webrtc').length,
      dial: (address, failed) => links.dialOnce(`direct:${address}`, failed),
    })
  }

  /** A neighbour has opened a document: it is told who else has. */
  joined(link: LinkDriver, driver: DocumentDriver): void {
    this.watch()
    if (!takesDirectLinks(link)) return
    // Who joined before it is known when the document has been read.
    const { done } = driver.until(() => driver.machine.isLoaded)
    done.then(
      () => this.answer(link, driver),
      () => undefined,
    )
  }

  answer(link: LinkDriver, driver: DocumentDriver): void {
    const yours = link.numbers.theirNumber(driver.name)
    if (yours === undefined || !takesDirectLinks(link)) return
    const members = this.#membersOf(driver, link)
    if (members.length > 0) link.send({ type: 'members', yours, members })
  }

  #membersOf(driver: DocumentDriver, except: LinkDriver): readonly AddressBytes[] {
    const members: { readonly address: AddressBytes; readonly order: number }[] = []
    for (const { link, joined } of driver.machine.neighbours.values()) {
      const other = this.#options.links.get(link)
      if (!joined || other === undefined || other === except || !takesDirectLinks(other)) continue
      if (other.address !== null) members.push({ address: other.address, order: this.#options.fraction() })
    }
    members.sort((a, b) => a.order - b.order)
    return members.slice(0, limits.membersMax).map(({ address }) => address)
  }

  heard(message: Extract<LinkMessage, { type: 'members' }>): void {
    if (this.#options.isDirect) this.#dialling.heard(message.members, this.#options.clock.now())
  }

  linked(link: LinkDriver): void {
    if (link.address !== null) this.#dialling.linked(link.address)
    this.watch()
  }

  /** While there are too few direct links, asks neighbours now and then. */
  watch(): void {
    const { isDirect, clock } = this.#options
    if (!isDirect || this.#cancel !== null) return
    this.#cancel = clock.setTimer(limits.membersQueryMs, () => {
      this.#cancel = null
      this.#ask()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #ask(): void {
    const { clock, links, opened } = this.#options
    const names: DocumentName[] = [...opened()].filter((driver) => driver.apps > 0).map((driver) => driver.name)
    if (names.length === 0) return
    this.watch()
    if (!this.#dialling.shouldAsk(clock.now())) return
    for (const link of links.proven()) {
      for (const name of names) {
        const number = link.numbers.own(name)
        if (number !== undefined) link.send({ type: 'membersQuery', number })
      }
    }
  }
}
