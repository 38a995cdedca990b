/** An app with the stock y-websocket provider: it needs nothing but the address of a peer. */
import { openPeer } from '@knotwork/node-peer'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket-3'
import * as Y from 'yjs'

const peer = await openPeer({ storage: 'memory', listen: { port: 0 } })

const doc = new Y.Doc()
const provider = new WebsocketProvider(`${peer.url?.replace('http', 'ws')}/yjs`, 'notes/today', doc, {
  WebSocketPolyfill: WebSocket as never,
  disableBc: true,
})
await new Promise<void>((resolve) => provider.once('sync', () => resolve()))
doc.getText('body').insert(0, 'typed in a Yjs app')

const note = peer.open('notes/today')
while (note.doc.getText('body').length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
console.log('the peer reads:', note.doc.getText('body').toString())

provider.destroy()
doc.destroy()
await peer.close()
