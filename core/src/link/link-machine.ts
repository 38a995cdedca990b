/**
 * One link from its first byte to its last (PROTOCOL.md, TR): greeting, proof of identity, then messages, with
 * pings, parts and a limit for everything.
 *
 * Phases: `greeting` (our hello is out, theirs awaited) -> `proving` (both hellos known, our proof is being made and
 * theirs awaited or checked) -> `linked` -> `closed`. Nothing about documents is said or heard before `linked`.
 */
import { equalBytes } from '../bytes.ts'
import { peerId, type Millis, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import { closeCode } from '../wire/close-code.ts'
import { decodeMessage, encodeMessage } from '../wire/codec.ts'
import { protocolVersion, type Hello, type LinkMessage, type Prove } from '../wire/message.ts'
import { framesOf, Reassembly } from '../wire/parts.ts'
import { transcriptOf } from './proof.ts'

export type LinkEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly frame: Uint8Array }
  /** Answers the effect `prove`. */
  | { readonly type: 'proved'; readonly signature: Uint8Array; readonly tokenProof: Uint8Array }
  /** Answers the effect `check`. */
  | { readonly type: 'checked'; readonly signatureHolds: boolean; readonly tokenHolds: boolean }
  | { readonly type: 'woke' }

/** Messages for the engine; the rest stays inside the machine. */
export type SessionMessage = Exclude<LinkMessage, { type: 'hello' | 'prove' | 'ping' | 'pong' | 'part' }>

export interface Proven {
  readonly id: PeerId
  /** Tells two tabs or two runs of one identity apart. */
  readonly instance: Uint8Array
  readonly features: readonly string[]
  /** Of both hellos, ours first: nobody can know them before the link. */
  readonly nonces: readonly [Uint8Array, Uint8Array]
}

export type LinkEffect =
  | { readonly type: 'send'; readonly frame: Uint8Array }
  /** Sign the transcript, and make its HMAC with the shared token where there is one. */
  | { readonly type: 'prove'; readonly transcript: Uint8Array }
  | { readonly type: 'check'; readonly publicKey: Uint8Array; readonly transcript: Uint8Array; readonly proof: Prove }
  /** The other side is who it says. */
  | { readonly type: 'linked'; readonly peer: Proven }
  | { readonly type: 'deliver'; readonly message: SessionMessage }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }

export interface LinkOptions {
  readonly publicKey: Uint8Array
  /** 32 random bytes, fresh for this link. */
  readonly nonce: Uint8Array
  readonly instance: Uint8Array
  readonly features: readonly string[]
  /** See `Greeting`. */
  readonly channel: Uint8Array
}

export class LinkMachine {
  readonly #options: LinkOptions
  readonly #ownHello: Uint8Array
  readonly #reassembly = new Reassembly()
  #phase: 'greeting' | 'proving' | 'linked' | 'closed' = 'greeting'
  #openedAt: Millis = 0
  #heardAt: Millis = 0
  #sentAt: Millis = 0
  /** When this side last did anything: silence while it slept is its own. */
  #awakeAt: Millis = 0
  #theirHello: { readonly hello: Hello; readonly bytes: Uint8Array } | null = null
  #ownProofSent = false
  #theirProofHolds = false
  /** Frames that came while their sender's proof was still being checked. */
  readonly #early: Uint8Array[] = []
  #earlyBytes = 0
  #earlyProof: Prove | null = null
  #isProofUnderway = false
  #partMessages = 0
  #skipped = 0
  #roundTripMs: Millis | null = null

  constructor(options: LinkOptions) {
    this.#options = options
    const { publicKey, nonce, instance, features } = options
    this.#ownHello = encodeMessage({ type: 'hello', version: protocolVersion, publicKey, nonce, instance, features })
  }

  get isLinked(): boolean {
    return this.#phase === 'linked'
  }

  get roundTripMs(): Millis | null {
    return this.#roundTripMs
  }

  /** Messages of types this version does not know (PROTOCOL.md [WI4]). */
  get skipped(): number {
    return this.#skipped
  }

  handle(event: LinkEvent, now: Millis): readonly LinkEffect[] {
    if (this.#phase === 'closed') return []
    const sleptMs = now - this.#awakeAt
    this.#awakeAt = now
    switch (event.type) {
      case 'opened':
        this.#openedAt = now
        this.#heardAt = now
        return [this.#send(this.#ownHello, now)]
      case 'received':
        this.#heardAt = now
        return [...this.#receive(event.frame, now), ...this.#pingIfQuiet(now)]
      case 'proved':
        this.#ownProofSent = true
        return [
          this.#send(encodeMessage({ type: 'prove', signature: event.signature, tokenProof: event.tokenProof }), now),
          ...this.#linkIfProven(now),
        ]
      case 'checked':
        if (!event.signatureHolds) return this.#close(closeCode.proof, 'the signature does not belong to the peer id')
        if (!event.tokenHolds) return this.#close(closeCode.token, 'this peer asks for a shared token')
        this.#theirProofHolds = true
        return this.#linkIfProven(now)
      case 'woke':
        return this.#passTime(now, sleptMs)
    }
  }

  /** The frames that carry a message of the engine. */
  frames(message: Uint8Array, now: Millis): readonly Uint8Array[] {
    if (this.#phase !== 'linked') return []
    this.#sentAt = now
    this.#awakeAt = now
    return [...framesOf(message, ++this.#partMessages)]
  }

  /** When to wake the machine next. */
  deadline(): Millis | null {
    if (this.#phase === 'closed') return null
    if (this.#phase !== 'linked') return this.#openedAt + limits.helloMs
    return Math.min(this.#sentAt + limits.pingAfterMs, this.#heardAt + limits.silenceMs)
  }

  #receive(frame: Uint8Array, now: Millis): readonly LinkEffect[] {
    if (this.#phase === 'proving' && this.#isProofUnderway) return this.#keepEarly(frame)
    const decoded = decodeMessage(frame)
    if (!decoded.ok) return this.#close(closeCode.garbage, `not a message: ${decoded.error}`)
    const message = decoded.value
    if (message.type === 'skipped') {
      this.#skipped++
      return []
    }
    switch (this.#phase) {
      case 'greeting':
        // Both leave in the same moment where the other side greeted first, so the proof may overtake its hello.
        if (message.type === 'prove') this.#earlyProof ??= message
        return message.type === 'hello' ? this.#greet(message, frame) : []
      case 'proving':
        return message.type === 'prove' ? this.#check(message) : this.#keepEarly(frame)
      default:
        return this.#converse(message, now)
    }
  }

  /** Their proof is not here or not checked, but they may have checked ours and begun to speak. */
  #keepEarly(frame: Uint8Array): readonly LinkEffect[] {
    this.#earlyBytes += frame.byteLength
    if (this.#early.length >= limits.earlyFramesMax || this.#earlyBytes > limits.earlyBytesMax) {
      return this.#close(closeCode.garbage, 'too much before the proof of identity')
    }
    this.#early.push(frame)
    return []
  }

  #greet(hello: Hello, bytes: Uint8Array): readonly LinkEffect[] {
    if (hello.version !== protocolVersion) {
      const reason = `speaks protocol version ${hello.version}, this peer speaks ${protocolVersion}`
      return this.#close(closeCode.version, reason)
    }
    const { publicKey, instance, channel } = this.#options
    if (equalBytes(hello.publicKey, publicKey) && equalBytes(hello.instance, instance)) {
      return this.#close(closeCode.duplicate, 'this is the peer itself')
    }
    this.#theirHello = { hello, bytes }
    this.#phase = 'proving'
    const transcript = transcriptOf({ signerHello: this.#ownHello, verifierHello: bytes, channel })
    return [{ type: 'prove', transcript }, ...(this.#earlyProof === null ? [] : this.#check(this.#earlyProof))]
  }

  #check(proof: Prove): readonly LinkEffect[] {
    const their = this.#theirHello
    if (their === null) return []
    this.#isProofUnderway = true
    const { channel } = this.#options
    const transcript = transcriptOf({ signerHello: their.bytes, verifierHello: this.#ownHello, channel })
    return [{ type: 'check', publicKey: their.hello.publicKey, transcript, proof }]
  }

  #linkIfProven(now: Millis): readonly LinkEffect[] {
    const their = this.#theirHello
    if (!this.#ownProofSent || !this.#theirProofHolds || their === null) return []
    this.#phase = 'linked'
    const { publicKey, instance, features, nonce } = their.hello
    const nonces = [this.#options.nonce, nonce] as const
    const effects: LinkEffect[] = [{ type: 'linked', peer: { id: peerId(publicKey), instance, features, nonces } }]
    // A first ping at once: the round trip is known from the start.
    effects.push(this.#send(encodeMessage({ type: 'ping', stamp: Math.floor(now) }), now))
    for (const frame of this.#early.splice(0)) if (this.isLinked) effects.push(...this.#receive(frame, now))
    return effects
  }

  #converse(message: LinkMessage, now: Millis): readonly LinkEffect[] {
    switch (message.type) {
      case 'ping':
        return [this.#send(encodeMessage({ type: 'pong', stamp: message.stamp }), now)]
      case 'pong':
        this.#roundTripMs = Math.max(0, now - message.stamp)
        return []
      case 'hello':
      case 'prove':
        // A frame that arrived twice.
        return []
      case 'part': {
        const whole = this.#reassembly.add(message, now)
        if (!whole.ok) return this.#close(closeCode.garbage, whole.error)
        return whole.value === null ? [] : this.#receiveWhole(whole.value, now)
      }
      default:
        return [{ type: 'deliver', message }]
    }
  }

  #receiveWhole(bytes: Uint8Array, now: Millis): readonly LinkEffect[] {
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) return this.#close(closeCode.garbage, `not a message: ${decoded.error}`)
    if (decoded.value.type === 'skipped' || decoded.value.type === 'part') return []
    return this.#converse(decoded.value, now)
  }

  #passTime(now: Millis, sleptMs: Millis): readonly LinkEffect[] {
    if (this.#phase !== 'linked') {
      if (now - this.#openedAt < limits.helloMs) return []
      return this.#close(closeCode.helloTimeout, 'no greeting or no proof in time')
    }
    if (now - this.#heardAt < limits.silenceMs) return this.#pingIfQuiet(now)
    if (sleptMs < limits.silenceMs) return this.#close(closeCode.silent, 'nothing heard for too long')
    // We slept ourselves (a tab in the background, a lid closed): whoever is there answers a ping.
    this.#heardAt = now - limits.silenceMs + limits.pingAfterMs
    return [this.#send(encodeMessage({ type: 'ping', stamp: Math.floor(now) }), now)]
  }

  /** On a timer and on every frame: a page in the background gets frames, but its timers hardly run. */
  #pingIfQuiet(now: Millis): readonly LinkEffect[] {
    if (this.#phase !== 'linked' || now - this.#sentAt < limits.pingAfterMs) return []
    return [this.#send(encodeMessage({ type: 'ping', stamp: Math.floor(now) }), now)]
  }

  #send(frame: Uint8Array, now: Millis): LinkEffect {
    this.#sentAt = now
    return { type: 'send', frame }
  }

  #close(code: number, reason: string): readonly LinkEffect[] {
    this.#phase = 'closed'
    return [{ type: 'close', code, reason }]
  }
}
