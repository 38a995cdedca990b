import type { Link, LinkReceiver } from '@knotwork/core'
import { WebSocketTransport } from '../../../web-peer/src/transport/web-socket-transport.ts'
import { LinkEnds, type TransportSubject } from '../../contracts/transport.ts'

const host = location.host

/** Links of this page's transport; their far ends are worked through a control socket, see `socket-far-ends.ts`. */
export async function pageSocketEnds(): Promise<TransportSubject> {
  const transport = new WebSocketTransport()
  const [dialled, accepted] = [new LinkEnds(), new LinkEnds()]
  const controls: WebSocket[] = []
  const takeFarEnd = (): string => {
    const pair = crypto.randomUUID()
    controls.push(farEnd(pair, accepted))
    return `ws://${host}/data?${pair}`
  }
  return {
    get dialling() {
      // Whoever asks for it is about to dial.
      return { transport, address: takeFarEnd(), deadAddress: 'ws://127.0.0.1:1/data', accepted }
    },
    async connectPair() {
      const index = dialled.all.length
      transport.dial(takeFarEnd(), dialled.accept, () => undefined)
      return { a: await dialled.at(index), b: await accepted.at(index) }
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]()
      for (const control of controls) control.close()
    },
  }
}

/** How a link ends when a text comes over it. */
export async function closeAfterText(): Promise<{ readonly code: number; readonly reason: string }> {
  const transport = new WebSocketTransport()
  const ends = new LinkEnds()
  const pair = crypto.randomUUID()
  transport.dial(`ws://${host}/data?${pair}`, ends.accept, () => undefined)
  const end = await ends.at(0)
  const control = new WebSocket(`ws://${host}/control?${pair}`)
  control.addEventListener('open', () => control.send(JSON.stringify({ text: 'hello' })))
  const close = await end.closedOnce()
  control.close()
  return close
}

function farEnd(pair: string, accepted: LinkEnds): WebSocket {
  const control = new WebSocket(`ws://${host}/control?${pair}`)
  control.binaryType = 'arraybuffer'
  let isClosing = false
  const link: Link = {
    description: 'far end',
    transport: 'websocket',
    queuedBytes: 0,
    send(frame) {
      if (!isClosing) control.send(frame.slice())
    },
    close(...close) {
      if (!isClosing) control.send(JSON.stringify({ close }))
      isClosing = true
    },
  }
  let receiver: LinkReceiver | null = null
  control.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data !== 'string') {
      if (!isClosing) receiver?.received(new Uint8Array(data))
      return
    }
    const { opened, closed } = JSON.parse(data) as { opened?: true; closed?: [number, string] }
    if (opened) receiver = accepted.accept(link)
    if (closed) {
      isClosing = true
      receiver?.closed(...closed)
    }
  })
  return control
}
