import { pageClock } from '../../../web-peer/src/clock.ts'
import { pageRandom } from '../../../web-peer/src/random.ts'
import { pageRtc } from '../../../web-peer/src/transport/page-rtc.ts'
import { directEnds } from '../../contracts/direct-ends.ts'
import type { TransportSubject } from '../../contracts/transport.ts'

/** WebRTC of this page, both ends in it. */
export async function pageDirectEnds(): Promise<TransportSubject> {
  const rtc = pageRtc()
  if (rtc === undefined) throw new Error('this browser has no WebRTC')
  return directEnds({ rtc, clock: pageClock, random: pageRandom })
}
