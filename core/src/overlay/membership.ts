/**
 * Who of all that take part in a document is linked to whom (PROTOCOL.md, OV): HyParView's views, fed by whoever is
 * linked already. A member keeps a small random set of direct links (the active view) and a larger set of names (the
 * passive view). A lost link is replaced from the names at once; names are exchanged with neighbours now and then, so
 * that they stay fresh and random. A peer that keeps is a contact: it is asked first, for it knows everybody's names.
 *
 * Other than in the paper, names travel by one exchange with a neighbour instead of a random walk: an answer to a
 * stranger would need a link to him. And contacts answer with a uniform sample, which is what a walk approximates.
 */
import type { LinkId, Millis, PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'
import { unreachable } from '../result.ts'
import { PassiveView, sample } from './views.ts'

export type MembershipEvent =
  /** An app has the document open from now on, or has let go of it. */
  | { readonly type: 'began' }
  | { readonly type: 'ended' }
  /** That peer takes part, over a direct link; or the link was lost. */
  | { readonly type: 'linked'; readonly peer: PeerAddress }
  | { readonly type: 'unlinked'; readonly peer: PeerAddress }
  /** It says that it does not take part. */
  | { readonly type: 'parted'; readonly peer: PeerAddress }
  | { readonly type: 'dialFailed'; readonly peer: PeerAddress }
  /** It was not dialled: there is no room for one more link, or a link to it already, not in this document yet. */
  | { readonly type: 'dialPostponed'; readonly peer: PeerAddress }
  /** A neighbour that can name members is there: a peer that keeps, or any member. */
  | { readonly type: 'contact'; readonly link: LinkId }
  | { readonly type: 'contactLost'; readonly link: LinkId }
  /** Members were named to us. */
  | { readonly type: 'told'; readonly members: readonly PeerAddress[] }
  /** A neighbour names some and asks for some. */
  | {
      readonly type: 'asked'
      readonly link: LinkId
      readonly by: PeerAddress
      readonly members: readonly PeerAddress[]
    }
  | { readonly type: 'woke' }

export type MembershipEffect =
  /** Open a direct link. `isUrgent`: this member has none, and this is its first try. */
  | { readonly type: 'dial'; readonly peer: PeerAddress; readonly isUrgent: boolean }
  | { readonly type: 'ask'; readonly link: LinkId; readonly members: readonly PeerAddress[] }
  | { readonly type: 'tell'; readonly link: LinkId; readonly members: readonly PeerAddress[] }

export interface MembershipOptions {
  readonly own: PeerAddress
  /** At least 0, below 1; from the random port. */
  readonly fraction: () => number
  /** False for a peer that takes no direct links: it names others, and dials nobody. */
  readonly dials: boolean
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #passive: PassiveView
  readonly #active = new Set<PeerAddress>()
  readonly #dialling = new Set<PeerAddress>()
  readonly #contacts = new Set<LinkId>()
  #isMember = false
  #askAt: Millis | null = null
  #askAgainMs: number = limits.membersQueryFirstMs
  #shuffleAt: Millis = 0

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#passive = new PassiveView(options.fraction)
  }

  get active(): ReadonlySet<PeerAddress> {
    return this.#active
  }

  get passiveSize(): number {
    return this.#passive.size
  }

  /** Whether it has nobody, and nobody who could name anybody. */
  get isStranded(): boolean {
    return this.#isMember && this.#active.size === 0 && this.#contacts.size === 0
  }

  handle(event: MembershipEvent, now: Millis): readonly MembershipEffect[] {
    switch (event.type) {
      case 'began':
        this.#isMember = true
        this.#shuffleAt = now + this.#jittered(limits.shuffleMs)
        this.#askSoon(now)
        break
      case 'ended':
        this.#isMember = false
        break
      case 'linked':
        this.#dialling.delete(event.peer)
        this.#passive.delete(event.peer)
        this.#active.add(event.peer)
        break
      case 'unlinked':
        // It may be back soon, or gone: the dial will tell.
        if (this.#active.delete(event.peer)) this.#passive.add(event.peer)
        this.#dialling.delete(event.peer)
        this.#passive.failed(event.peer, now)
        break
      case 'parted':
        this.#active.delete(event.peer)
        this.#dialling.delete(event.peer)
        this.#passive.delete(event.peer)
        break
      case 'dialFailed':
        this.#dialling.delete(event.peer)
        this.#passive.failed(event.peer, now)
        break
      case 'dialPostponed':
        this.#dialling.delete(event.peer)
        this.#passive.rest(event.peer, now + limits.directRetryFirstMs)
        break
      case 'contact':
        this.#contacts.add(event.link)
        this.#askSoon(now)
        break
      case 'contactLost':
        this.#contacts.delete(event.link)
        break
      case 'told':
        // Whoever names only those we know will do so again, however often he is asked.
        if (this.#learn(event.members)) this.#askAgainMs = limits.membersQueryFirstMs
        break
      case 'asked':
        return [...this.#answer(event), ...this.#fill(now)]
      case 'woke':
        return [...this.#shuffle(now), ...this.#fill(now)]
      default:
        unreachable(event)
    }
    return this.#fill(now)
  }

  /** When to wake the machine next. */
  deadline(now: Millis): Millis | null {
    if (!this.#isMember || !this.#options.dials) return null
    const dues = [this.#shuffleAt]
    if (this.#isShort) {
      if (this.#askAt !== null && this.#contacts.size > 0) dues.push(this.#askAt)
      const ready = this.#passive.nextReady(now)
      if (ready !== null) dues.push(ready)
    }
    return Math.min(...dues)
  }

  get #isShort(): boolean {
    return this.#active.size + this.#dialling.size < limits.directLinksWanted
  }

  /** Whether somebody was news. */
  #learn(members: readonly PeerAddress[]): boolean {
    let isNews = false
    for (const member of members) {
      if (member !== this.#options.own && !this.#active.has(member) && this.#passive.add(member)) isNews = true
    }
    return isNews
  }

  /** [OV3] A sample for a sample. */
  #answer(event: Extract<MembershipEvent, { type: 'asked' }>): readonly MembershipEffect[] {
    const known = [...this.#active, ...this.#passive.sample(limits.membersMax)].filter((member) => member !== event.by)
    this.#learn(event.members.filter((member) => member !== event.by))
    const members = sample(known, limits.membersMax, this.#options.fraction)
    return members.length === 0 ? [] : [{ type: 'tell', link: event.link, members }]
  }

  /** [OV2] As many links as wanted: from the names we have, else by asking for names. */
  #fill(now: Millis): readonly MembershipEffect[] {
    const effects: MembershipEffect[] = []
    if (!this.#isMember || !this.#options.dials) return effects
    while (this.#isShort) {
      const peer = this.#passive.pick(now, (member) => this.#dialling.has(member) || this.#active.has(member))
      if (peer === null) {
        effects.push(...this.#ask(now))
        break
      }
      const isUrgent = this.#active.size === 0 && this.#dialling.size === 0
      this.#dialling.add(peer)
      effects.push({ type: 'dial', peer, isUrgent })
    }
    return effects
  }

  #askSoon(now: Millis): void {
    this.#askAgainMs = limits.membersQueryFirstMs
    this.#askAt = now
  }

  #ask(now: Millis): readonly MembershipEffect[] {
    if (this.#askAt === null || now < this.#askAt) return []
    const [link] = sample([...this.#contacts], 1, this.#options.fraction)
    if (link === undefined) return []
    this.#askAt = now + this.#jittered(this.#askAgainMs)
    this.#askAgainMs = Math.min(this.#askAgainMs * 2, limits.shuffleMs)
    return [{ type: 'ask', link, members: this.#ownSample() }]
  }

  /** [OV3] Now and then some names for some others. */
  #shuffle(now: Millis): readonly MembershipEffect[] {
    if (!this.#isMember || !this.#options.dials || now < this.#shuffleAt) return []
    this.#shuffleAt = now + this.#jittered(limits.shuffleMs)
    const [link] = sample([...this.#contacts], 1, this.#options.fraction)
    return link === undefined ? [] : [{ type: 'ask', link, members: this.#ownSample() }]
  }

  #ownSample(): readonly PeerAddress[] {
    const { fraction } = this.#options
    return [
      ...sample([...this.#active], limits.shuffleActive, fraction),
      ...this.#passive.sample(limits.shufflePassive),
    ]
  }

  #jittered(delayMs: Millis): Millis {
    return delayMs * (0.75 + this.#options.fraction() / 2)
  }
}
