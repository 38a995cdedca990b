/** A page so busy that it hears of its open channel before it hears that the answer was taken. */
import { transportCases } from '../../contracts/transport.ts'
import { pageDirectEnds } from './direct-ends.ts'

/** Longer than the channel takes to open once the answer is there. */
const lateMs = 500

/** What is said on direct links arrives, though those who dialled learn late what was described to them. */
export async function linksWithLateDescriptions(): Promise<void> {
  const { prototype } = RTCPeerConnection
  const real = Object.getOwnPropertyDescriptors(prototype)
  const told = new WeakSet<RTCPeerConnection>()
  const take: unknown = real.setRemoteDescription.value
  if (typeof take !== 'function') throw new Error('no WebRTC as it is known')
  prototype.setRemoteDescription = async function (description: RTCSessionDescriptionInit): Promise<void> {
    await Reflect.apply(take, this, [description])
    if (description.type === 'answer') await new Promise((resolve) => setTimeout(resolve, lateMs))
    told.add(this)
  }
  Object.defineProperty(prototype, 'remoteDescription', {
    configurable: true,
    get(this: RTCPeerConnection) {
      return told.has(this) ? real.remoteDescription.get?.call(this) : null
    },
  })
  try {
    for (const each of transportCases) if (each.title.includes('[TR3] the code')) await each.run(pageDirectEnds)
  } finally {
    Object.defineProperty(prototype, 'setRemoteDescription', real.setRemoteDescription)
    Object.defineProperty(prototype, 'remoteDescription', real.remoteDescription)
  }
}
