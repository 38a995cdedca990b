import type { Rtc } from '@knotwork/core'
import { nodeRtc } from '../../node-peer/src/transport/node-rtc.ts'

/** WebRTC of this machine: the tests of direct links mean nothing without it. */
export async function nodeRtcOrThrow(): Promise<Rtc> {
  const rtc = await nodeRtc()
  if (typeof rtc === 'string') throw new Error(rtc)
  return rtc
}
