/** WebRTC in Node as `simple-peer` wants it: the polyfill of node-datachannel, an optional dependency. */
import { messageOf } from '@knotwork/core'
import { bridgeLimits } from './bridge-limits.ts'

interface Description {
  readonly type: string
  readonly sdp: string
}

interface DataChannel {
  send: (data: Uint8Array) => void
}

interface PeerConnection {
  addEventListener(type: 'datachannel', listener: (event: { readonly channel: DataChannel }) => void): void
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  createDataChannel(label: string, options?: object): DataChannel
}

/** The browser's classes. Their types are not known where there is no DOM. */
export interface WebRtc {
  readonly RTCPeerConnection: new (configuration?: object) => PeerConnection
  readonly RTCSessionDescription: unknown
  readonly RTCIceCandidate: unknown
}

/** WebRTC; or in words why there is none. `tooBig` is told of a message that no data channel carries. */
export async function loadWebRtc(tooBig: (sizeBytes: number) => void): Promise<WebRtc | string> {
  try {
    return fitting((await import('node-datachannel/polyfill')) as unknown as WebRtc, tooBig)
  } catch (thrown) {
    const [why = ''] = messageOf(thrown).split('\n')
    return `there is no WebRTC in this Node, which the optional package node-datachannel brings (${why})`
  }
}

function fitting({ RTCPeerConnection, ...others }: WebRtc, tooBig: (sizeBytes: number) => void): WebRtc {
  // y-webrtc swallows the error of a message that is too big, and calls itself synced.
  const watch = (channel: DataChannel): void => {
    const send = channel.send.bind(channel)
    channel.send = (data) => {
      if (data.byteLength > bridgeLimits.messageBytesMax) tooBig(data.byteLength)
      send(data)
    }
  }

  class PlainPeerConnection extends RTCPeerConnection {
    constructor(configuration?: object) {
      super(configuration)
      this.addEventListener('datachannel', ({ channel }) => watch(channel))
    }

    // simple-peer assigns to `sdp`, which is read-only in the polyfill's descriptions.
    override async createOffer(): Promise<Description> {
      return plain(await super.createOffer())
    }

    override async createAnswer(): Promise<Description> {
      return plain(await super.createAnswer())
    }

    override createDataChannel(label: string, options?: object): DataChannel {
      const channel = super.createDataChannel(label, options)
      watch(channel)
      return channel
    }
  }
  return { ...others, RTCPeerConnection: PlainPeerConnection }
}

function plain({ type, sdp }: Description): Description {
  return { type, sdp }
}
