import { DirectTransport, type Clock, type Random, type Rtc } from '@knotwork/core'
import { numberedAddress, SignalExchange } from '../doubles/signal-exchange.ts'
import { LinkEnds, type TransportSubject } from './transport.ts'

export interface DirectEndsOptions {
  readonly rtc: Rtc
  readonly clock: Clock
  readonly random: Random
}

/** Direct transports of one process or page, with somebody who carries their signals. One link per pair, so a pair each. */
export async function directEnds(options: DirectEndsOptions): Promise<TransportSubject> {
  const exchange = new SignalExchange()
  const transports: DirectTransport[] = []
  const end = async (ends: LinkEnds): Promise<{ readonly transport: DirectTransport; readonly address: string }> => {
    const transport = new DirectTransport(options)
    transports.push(transport)
    const address = exchange.join(transport, numberedAddress(transports.length))
    await transport.listen(ends.accept)
    return { transport, address }
  }
  const accepted = new LinkEnds()
  const [a, b] = [await end(new LinkEnds()), await end(accepted)]
  const deadAddress = `direct:${'A'.repeat(54)}`
  return {
    dialling: { transport: a.transport, address: b.address, deadAddress, accepted },
    async connectPair() {
      const [dialled, incoming] = [new LinkEnds(), new LinkEnds()]
      const [one, other] = [await end(new LinkEnds()), await end(incoming)]
      one.transport.dial(other.address, dialled.accept, () => undefined)
      return { a: await dialled.at(0), b: await incoming.at(0) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()))
    },
  }
}
