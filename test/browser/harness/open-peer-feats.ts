/** The library as an app uses it: `openPeer` and nothing else. */
import { openPeer, type Peer, type SharedDocument } from '@knotwork/web-peer'

const text = (document: SharedDocument) => document.doc.getText('body')

async function withPeer<Result>(
  options: Parameters<typeof openPeer>[0],
  work: (peer: Peer) => Promise<Result>,
): Promise<Result> {
  await using peer = await openPeer(options)
  // The peer is closed when this is done, not before.
  return await work(peer)
}

export const openPeerFeats = {
  /** Writes without any network; how long it took until the text was stored. */
  write: (name: string, words: string) =>
    withPeer({ tabs: false }, async (peer) => {
      const start = performance.now()
      const document = peer.open(name)
      text(document).insert(0, words)
      await document.loaded
      await document.stored()
      const { status } = document
      return { id: peer.id, ms: performance.now() - start, status: status.value, text: text(document).toString() }
    }),

  /** An address where nobody answers does not keep anybody waiting. */
  openWithDeadAddress: (address: string) =>
    withPeer({ connect: [address], tabs: false, storage: 'memory' }, async (peer) => {
      const document = peer.open('note')
      await document.loaded
      return document.status.value
    }),

  /** Edits together with so many other tabs; the text when all have written, and the most links there were at once. */
  writeTogether: (name: string, words: string, others: number) =>
    withPeer({}, async (peer) => {
      let links = 0
      peer.neighbours.subscribe((neighbours) => {
        links = Math.max(links, neighbours.length)
      })
      const document = peer.open(name)
      await document.loaded
      text(document).insert(0, words)
      const isWhole = () => (text(document).toString().match(/\w+/gu)?.length ?? 0) > others
      while (!isWhole()) await new Promise((resolve) => setTimeout(resolve, 20))
      // The others need this one until they have it all, too.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return { text: text(document).toString(), links }
    }),

  /** Whether tabs keep apart that asked for it. */
  neighboursWithoutTabs: () =>
    withPeer({ storage: 'memory' }, () =>
      withPeer({ tabs: false, storage: 'memory' }, async (peer) => {
        await new Promise((resolve) => setTimeout(resolve, 500))
        return peer.neighbours.value.length
      }),
    ),
}
