/** Somebody who speaks the protocol by hand: at the far end of a link to a real peer. */
import * as Y from 'yjs'
import type { Peer } from '../src/engine/api.ts'
import type { LinkReceiver } from '../src/ports/transport.ts'
import { haveOf } from '../src/replica/digest.ts'
import { encodeMessage } from '../src/wire/codec.ts'
import type { DocumentMessage, LinkMessage } from '../src/wire/message.ts'
import { settled, type FakeClock } from './fake-clock.ts'
import { FakeLink } from './fake-link.ts'
import { LinkEnd, type EndOptions } from './link-ends.ts'

/** `open` of a document that is empty at the other side. */
export function openOf(number: number, name: string): LinkMessage {
  return { type: 'open', number, name, have: haveOf(new Y.Doc()) }
}

export class Stranger {
  readonly end: LinkEnd
  /** The peer's end of the link. */
  readonly link = new FakeLink('a stranger')
  readonly #receiver: LinkReceiver
  #taken = 0

  constructor(clock: FakeClock, peer: Peer, options: Partial<EndOptions> = {}) {
    this.end = new LinkEnd({ seed: 200, ...options }, () => clock.now())
    this.#receiver = peer.accept(this.link)
    this.end.handle({ type: 'opened' })
  }

  /** Greets, proves itself, and takes what the peer says first. */
  static async linked(clock: FakeClock, peer: Peer, options: Partial<EndOptions> = {}): Promise<Stranger> {
    const stranger = new Stranger(clock, peer, options)
    await stranger.carry()
    return stranger
  }

  /** Frames both ways until nobody has anything to say. */
  async carry(): Promise<void> {
    for (;;) {
      await settled()
      const [out, back] = [this.end.outgoing.splice(0), this.link.frames.slice(this.#taken)]
      this.#taken = this.link.frames.length
      if (out.length + back.length === 0) return
      for (const frame of out) this.#receiver.received(frame)
      for (const frame of back) this.end.handle({ type: 'received', frame })
    }
  }

  async say(...messages: readonly LinkMessage[]): Promise<void> {
    for (const message of messages) this.end.say(message)
    await this.carry()
  }

  /** About the document with that number of ours. */
  tell(number: number, ...messages: readonly DocumentMessage[]): Promise<void> {
    return this.say(...messages.map((message) => ({ type: 'document', number, message }) as const))
  }

  /** Bytes that need not be a message. */
  async send(frame: Uint8Array): Promise<void> {
    this.#receiver.received(frame)
    await this.carry()
  }

  /** The pipe breaks. */
  async hangUp(code = 1006, reason = ''): Promise<void> {
    this.#receiver.closed(code, reason)
    await settled()
  }

  /** Words of the session it has heard, since the last call. */
  heard(): readonly LinkMessage[] {
    return this.end.delivered.splice(0)
  }

  /** What it heard, each word by its type. */
  heardTypes(): readonly string[] {
    return this.heard().map((message) => (message.type === 'document' ? message.message.type : message.type))
  }

  static frame(message: LinkMessage): Uint8Array {
    return encodeMessage(message)
  }
}
