/** Peers of the local network find one another by multicast DNS: this one says that it is there, hears others, and dials them. */
import { messageOf, type Log, type Peer, type PeerId } from '@knotwork/core'
import multicastDns, { type MulticastDNS } from 'multicast-dns'
import { urlOf } from '../server/hosts.ts'
import { Allowance } from '../signalling/allowance.ts'
import { peerPath } from '../transport/address.ts'
import { lanLimits } from './lan-limits.ts'
import { LanPeers, type LanEffect } from './lan-peers.ts'
import { peersIn, recordsFor, service, type Announced, type LanRecord } from './lan-records.ts'

export interface LanOptions {
  readonly peer: Peer
  /** Where others reach this peer; null for one that only this machine reaches: it dials, and is not announced. */
  readonly reach: Omit<Announced, 'id'> | null
  readonly log: Log
}

export class Lan {
  readonly #options: LanOptions
  readonly #peers: LanPeers
  readonly #mdns: MulticastDNS
  readonly #hangUp = new Map<PeerId, () => void>()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #unsubscribe: () => void
  readonly #answers: Allowance

  constructor(options: LanOptions) {
    this.#options = options
    const { peer, reach, log } = options
    this.#peers = new LanPeers(peer.id)
    const { answersBurst: burst, answersPerSecond: perSecond } = lanLimits
    this.#answers = new Allowance({ burst, perSecond }, performance.now())
    if (reach === null) log('warn', 'lanNotAnnounced', { why: 'this peer listens on this machine only (see --host)' })
    this.#mdns = multicastDns()
    // Without multicast a peer works as before.
    this.#mdns.on('error', (error: Error) => log('warn', 'lanFailed', { why: messageOf(error) }))
    this.#mdns.on('warning', (error: Error) => log('debug', 'lanWarned', { why: messageOf(error) }))
    this.#mdns.on('query', ({ questions = [] }) => {
      const isAsked = questions.some(
        ({ name, type }) => name.toLowerCase() === service && ['PTR', 'ANY'].includes(type),
      )
      if (isAsked && this.#answers.take(1, performance.now())) this.#announce(lanLimits.ttlSeconds)
    })
    this.#mdns.on('response', ({ answers = [], additionals = [] }, { address }) => {
      const records = [...answers, ...additionals] as unknown as readonly LanRecord[]
      const now = performance.now()
      for (const found of peersIn(records)) {
        this.#perform(this.#peers.found(found, `${urlOf('ws', address, found.port)}${peerPath}`, now))
      }
    })
    this.#unsubscribe = peer.neighbours.subscribe((neighbours) => {
      const linked = neighbours.flatMap(({ id, state }) => (id !== null && state === 'linked' ? [id] : []))
      this.#perform(this.#peers.neighbours(new Set(linked)))
    })
    for (const afterMs of lanLimits.askFirstMs) this.#timers.push(setTimeout(() => this.#ask(), afterMs))
    this.#timers.push(setInterval(() => this.#ask(), lanLimits.askEveryMs))
  }

  /** Says goodbye, and hears no more. Links are the peer's to close. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#unsubscribe()
    await new Promise<void>((resolve) => {
      // A network that is down takes no goodbye.
      setTimeout(resolve, lanLimits.goodbyeMs).unref()
      this.#announce(0, resolve)
    })
    await new Promise<void>((resolve) => this.#mdns.destroy(resolve))
  }

  #ask(): void {
    this.#mdns.query({ questions: [{ name: service, type: 'PTR' }] })
    this.#announce(lanLimits.ttlSeconds)
    this.#perform(this.#peers.looked(performance.now()))
  }

  #announce(ttlSeconds: number, sent: () => void = () => undefined): void {
    const { peer, reach } = this.#options
    if (reach === null) return sent()
    const answers = recordsFor({ id: peer.id, ...reach }, ttlSeconds)
    this.#mdns.respond({ answers: answers as never }, sent)
  }

  #perform(effects: readonly LanEffect[]): void {
    const { peer, log } = this.#options
    for (const effect of effects) {
      if (effect.type === 'dial') {
        log('info', 'lanPeerFound', { id: effect.id, address: effect.address })
        this.#hangUp.set(effect.id, peer.connect(effect.address))
      } else {
        this.#hangUp.get(effect.id)?.()
        this.#hangUp.delete(effect.id)
      }
    }
  }
}
