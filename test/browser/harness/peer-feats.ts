import type { DocumentStatus, Peer, SharedDocument } from '@knotwork/core'
import { openPeer } from '../../../web-peer/src/open-peer.ts'

let peer: Peer | undefined
let document: SharedDocument | undefined
/** Every status there was, with the text of that moment. */
const statuses: { readonly status: DocumentStatus; readonly text: string }[] = []

function opened(): { readonly peer: Peer; readonly document: SharedDocument } {
  if (peer === undefined || document === undefined) throw new Error('no peer was opened in this page')
  return { peer, document }
}

/** A peer of this page with one document. */
export const peerFeats = {
  /** `tabs`: linked to the other tabs of this browser, and to nobody directly. */
  async openPeer(connect: readonly string[], name: string, tabs = false) {
    peer = await openPeer({ connect, storage: 'memory', tabs, ...(tabs ? { direct: false } : {}) })
    document = peer.open(name)
    const { status, doc } = document
    status.subscribe((value) => statuses.push({ status: value, text: doc.getText('text').toString() }))
    await document.loaded
    return peer.id
  },

  type(text: string) {
    const body = opened().document.doc.getText('text')
    body.insert(body.length, text)
  },

  /** One more address to keep a link to. */
  connect: (address: string) => void opened().peer.connect(address),

  /** A text of that many megabytes that does not compress into one run. */
  paste(megabytes: number) {
    const line = 'The quick brown fox jumps over the lazy dog, and comes back. '
    const map = opened().document.doc.getMap('big')
    const chunk = line.repeat(Math.ceil((1024 * 1024) / line.length))
    for (let i = 0; i < megabytes; i++) map.set(`part ${i}`, `${i} ${chunk}`)
  },

  bigParts: () => opened().document.doc.getMap('big').size,
  text: () => opened().document.doc.getText('text').toString(),
  takeStatuses: () => statuses.splice(0),
  status: () => opened().document.status.value,
  neighbours: () => opened().peer.neighbours.value,
  addresses: () => opened().peer.addresses,
  closePeer: () => opened().peer.close(),
}
