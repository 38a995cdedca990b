/**
 * Drives one link machine: performs its effects on a transport's link, proves and checks identities, numbers the
 * documents, and holds back bulk so that keystrokes pass it.
 */
import { peerId, publicKeyOf, type DocumentName, type LinkId, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import { DocumentNumbers } from '../link/document-numbers.ts'
import { LinkMachine, type LinkEffect, type LinkEvent, type Proven, type SessionMessage } from '../link/link-machine.ts'
import type { Link, LinkReceiver } from '../ports/transport.ts'
import { equalBytes, utf8 } from '../bytes.ts'
import { messageOf, unreachable } from '../result.ts'
import { reachName } from '../replica/digest.ts'
import type { Traits } from '../sync/neighbour.ts'
import { closeCode } from '../wire/close-code.ts'
import { encodeMessage } from '../wire/codec.ts'
import { frameOf } from '../wire/document-codec.ts'
import {
  feature,
  type DeclineReason,
  type DocumentMessage,
  type Have,
  type LinkMessage,
  type ReachName,
} from '../wire/message.ts'
import { Alarm } from './alarm.ts'
import type { Platform } from './api.ts'
import { bodyOf } from './body-cache.ts'
import { BulkQueue } from './bulk-queue.ts'
import type { Outlet } from './outlet.ts'

/** What a link tells the peer it belongs to. */
export interface LinkOwner {
  linked(link: LinkDriver): void
  delivered(link: LinkDriver, message: SessionMessage): void
  drained(link: LinkDriver): void
  /** Bytes or the round trip have changed. */
  used(): void
  ended(link: LinkDriver, code: number, reason: string): void
}

export interface LinkDriverOptions {
  readonly id: LinkId
  readonly link: Link
  readonly platform: Platform
  readonly instance: Uint8Array
  readonly features: readonly string[]
  readonly token: Uint8Array | null
  readonly owner: LinkOwner
}

export class LinkDriver implements LinkReceiver, Outlet {
  readonly id: LinkId
  readonly link: Link
  readonly numbers = new DocumentNumbers()
  readonly #options: LinkDriverOptions
  readonly #ownId: PeerId
  readonly #machine: LinkMachine
  readonly #alarm: Alarm
  readonly #bulk: BulkQueue
  #peer: Proven | null = null
  #name: ReachName | null = null
  #isOver = false
  #ownClose: { readonly code: number; readonly reason: string } | null = null
  #bytesIn = 0
  #bytesOut = 0
  #sent = 0

  constructor(options: LinkDriverOptions) {
    const { platform, link, id, instance, features } = options
    this.id = id
    this.link = link
    this.#options = options
    const { publicKey } = platform.identity
    this.#ownId = peerId(publicKey)
    const nonce = platform.random.bytes(32)
    this.#machine = new LinkMachine({
      publicKey,
      nonce,
      instance,
      features,
      channel: link.channelBinding ?? new Uint8Array(0),
    })
    this.#alarm = new Alarm(platform.clock, () => this.#run({ type: 'woke' }))
    this.#bulk = new BulkQueue({
      clock: platform.clock,
      link,
      sent: (sizeBytes) => (this.#bytesOut += sizeBytes),
      drained: () => options.owner.drained(this),
    })
    this.#run({ type: 'opened' })
  }

  get peer(): Proven | null {
    return this.#peer
  }

  get traits(): Traits {
    const { id = null, features = [] } = this.#peer ?? {}
    const isAnotherDisk = id !== this.#ownId
    return {
      kind: 'peer',
      keeps: features.includes(feature.keeps),
      disk: features.includes(feature.disk) && isAnotherDisk,
      peer: id,
      sent: this.#sent,
      ...(this.#name === null ? {} : { name: this.#name }),
    }
  }

  /** A document is forgotten whose messages on this link were numbered so far. */
  noteSent(sequence: number): void {
    this.#sent = Math.max(this.#sent, sequence)
  }

  /** Key and instance of the other side, once proven. */
  get address(): Uint8Array | null {
    if (this.#peer === null) return null
    const bytes = new Uint8Array(40)
    bytes.set(publicKeyOf(this.#peer.id))
    bytes.set(this.#peer.instance, 32)
    return bytes
  }

  /** Of both sides, once proven. */
  get nonces(): readonly [Uint8Array, Uint8Array] | null {
    return this.#peer?.nonces ?? null
  }

  get roundTripMs(): number | null {
    return this.#machine.roundTripMs
  }

  get bytes(): { readonly in: number; readonly out: number } {
    return { in: this.#bytesIn, out: this.#bytesOut }
  }

  // --- from the transport --------------------------------------------------------------------------------------------

  received(frame: Uint8Array): void {
    this.#bytesIn += frame.byteLength
    this.#run({ type: 'received', frame })
  }

  closed(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#alarm.stop()
    this.#bulk.stop()
    const end = this.#ownClose ?? { code, reason }
    this.#options.owner.ended(this, end.code, end.reason)
  }

  // --- from the engine -----------------------------------------------------------------------------------------------

  close(code: number, reason: string): void {
    if (this.#isOver) return
    this.#ownClose ??= { code, reason }
    this.#bulk.stop()
    this.link.close(code, shortened(reason))
    // Some transports only tell when the other side has answered; for us it is over now.
    this.closed(code, reason)
  }

  send(message: LinkMessage): void {
    this.#sendMessage(encodeMessage(message))
  }

  openDocument(name: DocumentName, have: Have): void {
    const number = this.numbers.give(name)
    if (number !== null) this.#sendBehind(name, encodeMessage({ type: 'open', number, name, have }))
  }

  sendDocument(name: DocumentName, message: DocumentMessage): boolean {
    const number = this.numbers.own(name)
    if (number === undefined) return true
    const isPresence = message.type === 'presence' || message.type === 'presenceQuery'
    const queuedBytesMax = isPresence ? limits.queueBytesMaxForPresence : limits.queueBytesMax
    if (this.link.queuedBytes > queuedBytesMax || this.#bulk.isFull) {
      if (message.type === 'stored') return true
      this.#bulk.watch()
      return isPresence
    }
    const bytes = frameOf(number, message, bodyOf(message))
    // Within a document the order is kept; presence and acknowledgements depend on nothing.
    if (isPresence || message.type === 'stored') this.#sendMessage(bytes)
    else this.#sendBehind(name, bytes)
    return true
  }

  declineDocument(name: DocumentName, reason: DeclineReason): void {
    const yours = this.numbers.theirNumber(name)
    if (yours === undefined) return
    this.numbers.forget(yours)
    this.send({ type: 'decline', yours, reason })
  }

  unknownDocument(name: DocumentName): void {
    const yours = this.numbers.theirNumber(name)
    if (yours !== undefined) this.send({ type: 'unknown', yours })
  }

  closeDocument(name: DocumentName): void {
    const number = this.numbers.own(name)
    if (number === undefined) return
    this.numbers.take(name)
    this.#sendBehind(name, encodeMessage({ type: 'close', number }))
  }

  #sendMessage(bytes: Uint8Array): void {
    for (const frame of this.#machine.frames(bytes, this.#now())) this.#sendFrame(frame)
    this.#alarm.set(this.#machine.deadline())
  }

  #sendBehind(name: DocumentName, bytes: Uint8Array): void {
    const frames = this.#machine.frames(bytes, this.#now())
    if (frames.length > 1 || this.#bulk.holds(name)) this.#bulk.add(name, frames)
    else for (const frame of frames) this.#sendFrame(frame)
    this.#alarm.set(this.#machine.deadline())
  }

  #sendFrame(frame: Uint8Array): void {
    this.#bytesOut += frame.byteLength
    this.link.send(frame)
  }

  // --- the machine ---------------------------------------------------------------------------------------------------

  #now(): number {
    return this.#options.platform.clock.now()
  }

  #run(event: LinkEvent): void {
    if (this.#isOver) return
    for (const effect of this.#machine.handle(event, this.#now())) this.#perform(effect)
    if (this.#isOver) return
    this.#alarm.set(this.#machine.deadline())
    this.#options.owner.used()
  }

  #perform(effect: LinkEffect): void {
    if (this.#isOver) return
    switch (effect.type) {
      case 'send':
        return this.#sendFrame(effect.frame)
      case 'prove':
        return void this.#prove(effect.transcript)
      case 'check':
        return void this.#check(effect)
      case 'linked':
        this.#peer = effect.peer
        this.#name = this.address === null ? null : reachName(this.address)
        return this.#options.owner.linked(this)
      case 'deliver':
        return this.#options.owner.delivered(this, effect.message)
      case 'close':
        return this.close(effect.code, effect.reason)
      default:
        unreachable(effect)
    }
  }

  async #prove(transcript: Uint8Array): Promise<void> {
    const { platform, token } = this.#options
    try {
      const signature = await platform.identity.sign(transcript)
      const tokenProof = token === null ? new Uint8Array(0) : await platform.crypto.hmac(token, transcript)
      this.#run({ type: 'proved', signature, tokenProof })
    } catch (thrown) {
      this.close(closeCode.helloTimeout, `could not prove the own identity: ${messageOf(thrown)}`)
    }
  }

  async #check(effect: Extract<LinkEffect, { type: 'check' }>): Promise<void> {
    const { platform, token } = this.#options
    const { publicKey, transcript, proof } = effect
    try {
      const signatureHolds = await platform.crypto.verify(publicKey, transcript, proof.signature)
      const wanted = token === null ? null : await platform.crypto.hmac(token, transcript)
      this.#run({
        type: 'checked',
        signatureHolds,
        tokenHolds: wanted === null || equalBytes(wanted, proof.tokenProof),
      })
    } catch (thrown) {
      this.close(closeCode.proof, `could not check the proof: ${messageOf(thrown)}`)
    }
  }
}

/** A close reason that fits a close frame. */
function shortened(reason: string): string {
  let short = reason
  while (utf8(short).byteLength > limits.closeReasonBytesMax) short = short.slice(0, -1)
  return short
}
