/** Peers in this process whose only transport is WebRTC; their signals pass through a test's hands. */
import {
  type AddressBytes,
  createPeer,
  DirectTransport,
  MemoryStorage,
  type Peer,
  type Rtc,
  type Transport,
} from '@knotwork/core'
import { freshIdentity } from '../../node-peer/src/identity.ts'
import { nodeClock } from '../../node-peer/src/platform/clock.ts'
import { nodeCrypto } from '../../node-peer/src/platform/crypto.ts'
import { nodeRandom } from '../../node-peer/src/platform/random.ts'

export interface DirectPeer {
  readonly peer: Peer
  /** What others dial. */
  readonly address: string
  /** Close codes of links that ended, in order. */
  readonly closes: number[]
}

/** Whoever carries signals for transports. */
export interface Carrier {
  join(transport: Transport, own: AddressBytes): string
}

export async function directPeer(rtc: Rtc, carrier: Carrier): Promise<DirectPeer> {
  const transport = new DirectTransport({ rtc, clock: nodeClock, random: nodeRandom })
  const closes: number[] = []
  let address = ''
  const peer = await createPeer({
    clock: nodeClock,
    random: nodeRandom,
    crypto: nodeCrypto,
    identity: freshIdentity(),
    storage: new MemoryStorage(),
    transports: [
      {
        schemes: transport.schemes,
        dialMs: transport.dialMs,
        dial: (...parameters) => transport.dial(...parameters),
        async listen(accept) {
          const addresses = await transport.listen(accept)
          address = addresses[0] ?? ''
          return addresses
        },
        useSignals(signals) {
          carrier.join(transport, signals.own)
          return transport
        },
        [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
      },
    ],
    log: (_level, event, details) => {
      if (event === 'link ended') closes.push(Number(details?.['code']))
    },
  })
  return { peer, address, closes }
}
