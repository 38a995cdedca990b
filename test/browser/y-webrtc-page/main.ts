/** An app on the stock y-webrtc package, as its README has it; `window.app` is what the tests do with it. */
import { pageSends } from '../page-sends.ts'
import { WebrtcProvider } from 'y-webrtc'
import * as Y from 'yjs'

export interface JoinOptions {
  readonly room: string
  readonly signaling: string
  readonly password?: string
}

const doc = new Y.Doc()
let provider: WebrtcProvider | null = null
/** Frames on all data channels of this page; those that carry an update of the document. */
const frames = { sent: 0, sentUpdates: 0, receivedUpdates: 0 }
const channels = new WeakSet<RTCDataChannel>()

const isUpdate = (data: Uint8Array): boolean => data[0] === 0 && data[1] === 2
function countSends(prototype: RTCDataChannel): void {
  const send = Object.getOwnPropertyDescriptor(prototype, 'send')?.value as RTCDataChannel['send']
  prototype.send = function counted(this: RTCDataChannel, data: unknown): void {
    // Each side begins with a request, so no update comes before this.
    if (!channels.has(this)) {
      channels.add(this)
      this.addEventListener('message', ({ data: received }: MessageEvent<ArrayBuffer>) => {
        if (isUpdate(new Uint8Array(received))) frames.receivedUpdates++
      })
    }
    frames.sent++
    if (isUpdate(data as Uint8Array)) frames.sentUpdates++
    Reflect.apply(send, this, [data])
  }
}
countSends(RTCDataChannel.prototype)

function joined(): WebrtcProvider {
  if (provider === null) throw new Error('no room was joined')
  return provider
}

const app = {
  join({ room, signaling, password }: JoinOptions): void {
    provider = new WebrtcProvider(room, doc, {
      signaling: [signaling],
      peerOpts: { config: { iceServers: [] } },
      ...(password === undefined ? {} : { password }),
    })
  },
  leave(): void {
    joined().destroy()
    provider = null
  },
  insert(index: number, text: string): void {
    doc.getText('text').insert(index, text)
  },
  text: (): string => doc.getText('text').toString(),
  clientId: (): number => doc.clientID,
  present(name: string): void {
    joined().awareness.setLocalStateField('name', name)
  },
  names(): readonly string[] {
    const states = [...joined().awareness.getStates().values()]
    return states.flatMap((state) => (typeof state['name'] === 'string' ? [state['name']] : [])).toSorted()
  },
  /** How many shown have no name: nobody should, once everybody said theirs. */
  nameless: (): number => [...joined().awareness.getStates().values()].filter((state) => !('name' in state)).length,
  /** Sends frames that are no messages to everybody; how many. */
  sendGarbage(): number {
    const garbage = [
      [],
      [0],
      [0, 2, 255],
      [1, 200, 1],
      [1, 3, 1, 1, 9],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
    ]
    let sent = 0
    for (const { peer } of joined().room?.webrtcConns.values() ?? []) {
      for (const frame of garbage) {
        ;(peer as { send(frame: Uint8Array): void }).send(new Uint8Array(frame))
        sent++
      }
    }
    return sent
  },
  /** Pages it has an open channel to. */
  links: (): number => [...(joined().room?.webrtcConns.values() ?? [])].filter(({ connected }) => connected).length,
  pageSends,
  frames: () => ({ ...frames }),
}

declare global {
  interface Window {
    app: typeof app
  }
}

window.app = app
