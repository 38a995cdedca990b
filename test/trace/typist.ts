/**
 * A process that types an editing trace into a document of its own peer, and says on stdout when it is done, what it
 * sent, and when its neighbour had everything on disk.
 *
 * Arguments: data directory, address to link to, document, number of keystrokes (or `all`), keystrokes per turn.
 */
import { openPeer } from '@knotwork/node-peer'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { editingTrace } from './editing-trace.ts'

const [data = '', address = '', name = '', count = 'all', perTurn = '20'] = process.argv.slice(2)
const trace = editingTrace(count === 'all' ? Infinity : Number(count))
const peer = await openPeer({ data, connect: [address], listen: false })
const document = peer.open(name)
await document.loaded
const text = document.doc.getText('text')

const start = performance.now()
for (const [index, patches] of trace.keystrokes.entries()) {
  document.doc.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted.length > 0) text.insert(position, inserted)
    }
  })
  if (index % Number(perTurn) === 0) await nextTurn()
}
const typedMs = performance.now() - start
await document.stored()
await document.synced({ peers: 1, stored: true })
const storedMs = performance.now() - start
const cpu = process.cpuUsage()
// What neighbours are told of bytes is refreshed with each ping.
await new Promise((resolve) => setTimeout(resolve, 2_500))
const report = {
  event: 'typed',
  keystrokes: trace.keystrokes.length,
  isEqual: text.toString() === trace.endText,
  typedMs: Math.round(typedMs),
  storedByNeighbourMs: Math.round(storedMs),
  cpuMs: Math.round((cpu.user + cpu.system) / 1000),
  bytesOut: peer.neighbours.value.reduce((sum, neighbour) => sum + neighbour.bytesOut, 0),
  bytesIn: peer.neighbours.value.reduce((sum, neighbour) => sum + neighbour.bytesIn, 0),
}
console.log(JSON.stringify(report))
await peer.close()
