/** Two peers, one document: what one types, the other reads; when `synced` resolves it is on the other's disk. */
import { openPeer } from '@knotwork/node-peer'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = await mkdtemp(join(tmpdir(), 'two-peers-'))
const ada = await openPeer({ data: join(directory, 'ada'), listen: { port: 0 } })
const ben = await openPeer({ data: join(directory, 'ben'), connect: [...ada.addresses] })

const adas = ada.open('letter')
const bens = ben.open('letter')
await adas.loaded
adas.doc.getText('body').insert(0, 'Dear Ben')
await adas.synced({ peers: 1, stored: true })

console.log('Ben reads:', bens.doc.getText('body').toString())
console.log('Ada knows:', JSON.stringify(adas.status.value))

await ben.close()
await ada.close()
