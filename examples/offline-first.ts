/** Edit with nobody there, end the process, start again, meet somebody: nothing is lost, and the status says only what is known. */
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = await mkdtemp(join(tmpdir(), 'offline-first-'))
const tell = (peer: NodePeer, when: string): void => {
  const document = peer.open('diary')
  console.log(
    `${when}:`,
    JSON.stringify(document.status.value),
    JSON.stringify(document.doc.getText('body').toString()),
  )
  document.close()
}

let peer = await openPeer({ data: join(directory, 'mine') })
let diary = peer.open('diary')
diary.doc.getText('body').insert(0, 'Nobody is here, and I write. ')
await diary.stored()
tell(peer, 'offline')
await peer.close()

await using friend = await openPeer({ data: join(directory, 'friend'), listen: { port: 0 } })
peer = await openPeer({ data: join(directory, 'mine'), connect: [...friend.addresses] })
diary = peer.open('diary')
await diary.loaded
await diary.synced({ peers: 1, stored: true })
tell(peer, 'with a friend')
await peer.close()
