import { nodeClock } from '../../node-peer/src/platform/clock.ts'
import { nodeRandom } from '../../node-peer/src/platform/random.ts'
import { directEnds } from './direct-ends.ts'
import { nodeRtcOrThrow } from './node-rtc-or-throw.ts'
import { runCases } from './run-cases.ts'
import { transportCases } from './transport.ts'

runCases('transport contract: WebRTC in Node', transportCases, async () =>
  directEnds({ rtc: await nodeRtcOrThrow(), clock: nodeClock, random: nodeRandom }),
)
