import { pageRandom } from '../../../web-peer/src/random.ts'
import { BroadcastChannelTransport } from '../../../web-peer/src/transport/broadcast-channel-transport.ts'
import { LinkEnds, type TransportSubject } from '../../contracts/transport.ts'

let channels = 0

/** Pairs of transports, each pair on a channel of its own: tabs find each other by themselves and link once. */
export async function tabEnds(): Promise<TransportSubject> {
  const transports: BroadcastChannelTransport[] = []
  return {
    dialling: null,
    async connectPair() {
      channels++
      const [a, b] = [new LinkEnds(), new LinkEnds()]
      for (const ends of [a, b]) {
        const transport = new BroadcastChannelTransport({ random: pageRandom, channel: `contract ${channels}` })
        transports.push(transport)
        await transport.listen(ends.accept)
      }
      return { a: await a.at(0), b: await b.at(0) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()))
    },
  }
}
