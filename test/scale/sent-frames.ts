/** Counts what really leaves this process: frames on WebSockets and data channels, by the kind of message in them. */
import { DataChannel } from 'node-datachannel'
import { WebSocketLink } from '../../node-peer/src/transport/web-socket-link.ts'

/** Messages with updates, acknowledgements of them, pings and pongs, and everything else. */
export type Kind = 'updates' | 'stored' | 'pings' | 'presence' | 'others'
export type Sent = Readonly<Record<Kind, { readonly messages: number; readonly bytes: number }>>

/** First bytes of messages (PROTOCOL.md, table of types). */
const kinds: ReadonlyMap<number, Kind> = new Map([
  [2, 'pings'],
  [3, 'pings'],
  [14, 'updates'],
  [15, 'updates'],
  [16, 'stored'],
  [17, 'presence'],
])

export class SentFrames {
  readonly #counts: Record<Kind, { messages: number; bytes: number }> = {
    updates: { messages: 0, bytes: 0 },
    stored: { messages: 0, bytes: 0 },
    pings: { messages: 0, bytes: 0 },
    presence: { messages: 0, bytes: 0 },
    others: { messages: 0, bytes: 0 },
  }

  constructor() {
    tap(WebSocketLink.prototype, 'send', (frame) => this.#count(frame[0], frame.byteLength))
    // The first byte of a piece says whether it is the last one of its frame.
    tap(Reflect.get(DataChannel, 'prototype') as object, 'sendMessageBinary', (piece) =>
      this.#count(piece[1], piece.byteLength),
    )
  }

  get counts(): Sent {
    return structuredClone(this.#counts)
  }

  #count(type: number | undefined, sizeBytes: number): void {
    const count = this.#counts[kinds.get(type ?? -1) ?? 'others']
    count.messages++
    count.bytes += sizeBytes
  }
}

function tap(prototype: object, method: string, seen: (bytes: Uint8Array) => void): void {
  const send: unknown = Reflect.get(prototype, method)
  if (typeof send !== 'function') throw new Error(`nothing is sent by ${method}`)
  const tapped = function (this: unknown, ...given: unknown[]): unknown {
    if (given[0] instanceof Uint8Array) seen(given[0])
    return Reflect.apply(send, this, given)
  }
  Reflect.set(prototype, method, tapped)
}
