/** Who is connected and what goes over the wires, counted frame by frame: in plain numbers, for this is on every edit's way. */
import type { AcceptLink, Link, LinkReceiver, Transport } from '@knotwork/core'

/** Who is at the other end. */
export type ConnectionKind = 'peer' | 'yjs' | 'hocuspocus'

/** All links of one kind over one transport, since this peer was opened. */
export interface Tally {
  readonly kind: ConnectionKind
  readonly transport: string
  readonly links: ReadonlySet<Link>
  readonly bytesIn: number
  readonly bytesOut: number
  readonly framesIn: number
  readonly framesOut: number
}

type Counting = { -readonly [Key in keyof Tally]: Tally[Key] } & { readonly links: Set<Link> }

export class Traffic {
  readonly #tallies = new Map<string, Counting>()

  constructor() {
    // Those that every peer can have begin with zero: a series that begins with its first value shows no increase.
    for (const kind of ['peer', 'yjs', 'hocuspocus'] as const) this.#tally(kind, 'websocket')
  }

  get tallies(): readonly Tally[] {
    return [...this.#tallies.values()]
  }

  /** The same transport, whose links are counted. */
  over(transport: Transport): Transport {
    const { schemes, dialMs, linksOwnInstances } = transport
    return {
      schemes,
      ...(dialMs === undefined ? {} : { dialMs }),
      ...(linksOwnInstances === undefined ? {} : { linksOwnInstances }),
      dial: (address, accept, failed, options) =>
        transport.dial(address, this.counting('peer', accept), failed, options),
      listen: (accept) => transport.listen(this.counting('peer', accept)),
      ...(transport.hasRoom === undefined ? {} : { hasRoom: (isUrgent) => transport.hasRoom?.(isUrgent) ?? true }),
      ...(transport.useSignals === undefined ? {} : { useSignals: transport.useSignals.bind(transport) }),
      [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
    }
  }

  /** The same way in, for links that are counted. */
  counting(kind: ConnectionKind, accept: AcceptLink): AcceptLink {
    return (link) => {
      const tally = this.#tally(kind, link.transport)
      const receiver = accept(countedLink(link, tally))
      tally.links.add(link)
      return countedReceiver(receiver, link, tally)
    }
  }

  #tally(kind: ConnectionKind, transport: string): Counting {
    const key = `${kind} ${transport}`
    const known = this.#tallies.get(key)
    if (known !== undefined) return known
    const made = { kind, transport, links: new Set<Link>(), bytesIn: 0, bytesOut: 0, framesIn: 0, framesOut: 0 }
    this.#tallies.set(key, made)
    return made
  }
}

function countedLink(link: Link, tally: Counting): Link {
  const { description, transport, isDirect, channelBinding } = link
  return {
    description,
    transport,
    ...(isDirect === undefined ? {} : { isDirect }),
    ...(channelBinding === undefined ? {} : { channelBinding }),
    get queuedBytes() {
      return link.queuedBytes
    },
    send(frame) {
      tally.framesOut++
      tally.bytesOut += frame.byteLength
      link.send(frame)
    },
    close: (code, reason) => link.close(code, reason),
  }
}

function countedReceiver(receiver: LinkReceiver, link: Link, tally: Counting): LinkReceiver {
  return {
    received(frame) {
      tally.framesIn++
      tally.bytesIn += frame.byteLength
      receiver.received(frame)
    },
    closed(code, reason) {
      tally.links.delete(link)
      receiver.closed(code, reason)
    },
  }
}
