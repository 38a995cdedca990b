/** The transport port of one process on the simulated network: addresses are `sim://<host>`. */
import type { AcceptLink, Transport } from '@knotwork/core'
import type { Life } from '../world/life.ts'
import type { Host } from './link-end.ts'
import type { Network } from './network.ts'
import { PipeEnd } from './pipe.ts'

export class SimTransport implements Transport {
  readonly schemes = ['sim']
  readonly #network: Network
  readonly #life: Life
  readonly #host: Host

  constructor(network: Network, life: Life, host: Host) {
    this.#network = network
    this.#life = life
    this.#host = host
    life.whenOver(() => this.#stopListening())
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    if (this.#life.mayAct()) this.#host.listener = { life: this.#life, accept }
    return Promise.resolve([`sim://${this.#host.label}`])
  }

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    if (!this.#life.mayAct()) return () => undefined
    const there = this.#network.hostAt(address)
    if (there === undefined) throw new RangeError(`no host at ${address}`)
    const from = { network: this.#network, life: this.#life, host: this.#host }
    return connect(from, there, { accept, failed, isAlwaysStream: false })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening()
    await Promise.resolve()
  }

  #stopListening(): void {
    if (this.#host.listener?.life === this.#life) this.#host.listener = null
  }
}

export interface Caller {
  readonly network: Network
  readonly life: Life
  readonly host: Host
}

export interface Call {
  readonly accept: AcceptLink
  readonly failed: (why: string) => void
  readonly isAlwaysStream: boolean
  /** Who answers; whoever listens at that host when it is left out. */
  readonly answer?: Host['listener']
}

/** A system whose first packet of a connection is not answered sends it again after so long, and then again. */
const againAfterMs = [1_000, 2_000, 4_000]

/** Opens a link: there first, then here. Exactly one of `accept` and `failed` is called, or none when nobody answers. */
export function connect(from: Caller, there: Host, call: Call): () => void {
  const { network, life, host } = from
  const { isAlwaysStream } = call
  let isAborted = false
  let thereEnd: PipeEnd | null = null
  const refuse = (): void => {
    if (!network.passes(there, host)) return
    life.after(network.delayMs(), () => {
      if (!isAborted) call.failed('connection refused')
    })
  }
  const knock = (knocks: number): void => {
    if (isAborted || life.isOver) return
    const againMs = againAfterMs[knocks]
    if (!network.passes(host, there)) {
      if (againMs !== undefined) network.scheduler.after(againMs, () => knock(knocks + 1))
      return
    }
    const listener = call.answer === undefined ? there.listener : call.answer
    if (listener === null || listener.life.isOver) return refuse()
    listener.life.deliver(() => {
      const here = new PipeEnd({ network, life, host, description: `sim://${there.label}`, isAlwaysStream })
      const options = { network, life: listener.life, host: there, description: `from ${host.label}`, isAlwaysStream }
      thereEnd = new PipeEnd(options)
      PipeEnd.join(here, thereEnd)
      thereEnd.open(listener.accept)
      if (!network.passes(there, host)) return
      life.after(network.delayMs(), () => {
        if (!isAborted) here.open(call.accept)
      })
    })
  }
  network.scheduler.after(network.delayMs(), () => knock(0))
  return () => {
    isAborted = true
    thereEnd?.cut(false)
  }
}
