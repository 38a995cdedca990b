/** Two link machines wired back to back, with real signatures and a clock that the test moves. */
import { equalBytes } from '../src/bytes.ts'
import {
  LinkMachine,
  type LinkEffect,
  type LinkEvent,
  type Proven,
  type SessionMessage,
} from '../src/link/link-machine.ts'
import { encodeMessage } from '../src/wire/codec.ts'
import type { LinkMessage, Prove } from '../src/wire/message.ts'
import { hmacNow, TestIdentity, verifyNow } from './identities.ts'

export interface EndOptions {
  /** Of the identity and of the nonce. */
  readonly seed: number
  readonly instance?: number
  readonly features?: readonly string[]
  readonly token?: string
  readonly channel?: Uint8Array
  /** Proofs are made and checked when the test says so. */
  readonly isSlow?: boolean
}

/** One side of a link: the machine, and everything that came of it. */
export class LinkEnd {
  readonly machine: LinkMachine
  readonly identity: TestIdentity
  readonly #options: EndOptions
  readonly #now: () => number
  /** Frames it wants to send, until somebody takes them; and all it ever did. */
  readonly outgoing: Uint8Array[] = []
  readonly sent: Uint8Array[] = []
  readonly delivered: SessionMessage[] = []
  readonly transcripts: Uint8Array[] = []
  readonly #owed: (() => void)[] = []
  peer: Proven | null = null
  closed: { readonly code: number; readonly reason: string } | null = null

  constructor(options: EndOptions, now: () => number) {
    const { seed, instance = seed, features = [], channel = new Uint8Array(0) } = options
    this.#options = options
    this.#now = now
    this.identity = new TestIdentity(seed)
    this.machine = new LinkMachine({
      publicKey: this.identity.publicKey,
      nonce: new Uint8Array(32).fill(seed + 100),
      instance: new Uint8Array(8).fill(instance),
      features,
      channel,
    })
  }

  handle(event: LinkEvent): readonly LinkEffect[] {
    const effects = this.machine.handle(event, this.#now())
    for (const effect of effects) this.#perform(effect)
    return effects
  }

  /** Makes and checks the proofs that are owed, or the first few of them. */
  settle(count = Infinity): void {
    for (const owed of this.#owed.splice(0, count)) owed()
  }

  say(message: LinkMessage): void {
    for (const frame of this.machine.frames(encodeMessage(message), this.#now())) this.#send(frame)
  }

  #send(frame: Uint8Array): void {
    this.outgoing.push(frame)
    this.sent.push(frame)
  }

  #perform(effect: LinkEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#send(effect.frame)
      case 'prove':
        this.transcripts.push(effect.transcript)
        return this.#owe(() => this.#prove(effect.transcript))
      case 'check':
        return this.#owe(() => this.#check(effect))
      case 'linked':
        this.peer = effect.peer
        return
      case 'deliver':
        return void this.delivered.push(effect.message)
      case 'close':
        this.closed = { code: effect.code, reason: effect.reason }
    }
  }

  #owe(work: () => void): void {
    if (this.#options.isSlow === true) this.#owed.push(work)
    else work()
  }

  #key(): Uint8Array | null {
    return this.#options.token === undefined ? null : new TextEncoder().encode(this.#options.token)
  }

  #prove(transcript: Uint8Array): void {
    const key = this.#key()
    const tokenProof = key === null ? new Uint8Array(0) : hmacNow(key, transcript)
    this.handle({ type: 'proved', signature: this.identity.signNow(transcript), tokenProof })
  }

  #check({ publicKey, transcript, proof }: { publicKey: Uint8Array; transcript: Uint8Array; proof: Prove }): void {
    const key = this.#key()
    const signatureHolds = verifyNow(publicKey, transcript, proof.signature)
    const tokenHolds = key === null || equalBytes(hmacNow(key, transcript), proof.tokenProof)
    this.handle({ type: 'checked', signatureHolds, tokenHolds })
  }
}

export class LinkEnds {
  now = 1_000
  readonly a: LinkEnd
  readonly b: LinkEnd

  constructor(a: Partial<EndOptions> = {}, b: Partial<EndOptions> = {}) {
    this.a = new LinkEnd({ seed: 1, ...a }, () => this.now)
    this.b = new LinkEnd({ seed: 2, ...b }, () => this.now)
  }

  open(): this {
    this.a.handle({ type: 'opened' })
    this.b.handle({ type: 'opened' })
    return this
  }

  /** Carries frames both ways until there are none, each `copies` times; one message after the other. */
  carry(copies = 1): this {
    while (this.a.outgoing.length + this.b.outgoing.length > 0) {
      this.#carryOne(this.a, this.b, copies)
      this.#carryOne(this.b, this.a, copies)
    }
    return this
  }

  #carryOne(from: LinkEnd, to: LinkEnd, copies: number): void {
    const frame = from.outgoing.shift()
    for (let copy = 0; frame !== undefined && copy < copies; copy++) to.handle({ type: 'received', frame })
  }

  /** Wakes both whenever they want to be, carrying frames in between. */
  pass(ms: number): this {
    const end = this.now + ms
    for (;;) {
      const due = Math.min(this.a.machine.deadline() ?? Infinity, this.b.machine.deadline() ?? Infinity)
      if (due > end) break
      this.now = Math.max(this.now, due)
      this.a.handle({ type: 'woke' })
      this.b.handle({ type: 'woke' })
      this.carry()
    }
    this.now = end
    return this
  }
}
