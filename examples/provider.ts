/** Two apps with Y.Docs of their own: one line in the place of another provider makes each a peer. */
import { KnotworkProvider, openPeer } from '@knotwork/node-peer'
import * as Y from 'yjs'

await using peer = await openPeer({ storage: 'memory', listen: { port: 0 } })
const connect = [...peer.addresses].filter((address) => address.startsWith('ws:'))

const [adas, bens] = [new Y.Doc(), new Y.Doc()]
await using ada = new KnotworkProvider('letter', adas, { connect })
await using ben = new KnotworkProvider('letter', bens, { connect })

ada.awareness.setLocalStateField('user', { name: 'Ada' })
adas.getText('body').insert(0, 'Dear Ben')
await Promise.all([ada.whenSynced, ben.whenSynced])
while (bens.getText('body').length === 0) await new Promise((resolve) => bens.once('update', resolve))

console.log('Ben reads:', bens.getText('body').toString())
console.log('Ada knows:', ada.status, ada.syncStatus.type)
