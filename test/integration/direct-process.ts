// A process that must end by itself: two peers of it link directly through a third, and all are closed.
import { openPeer } from '@knotwork/node-peer'

const hub = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
const common = { direct: true, storage: 'memory', keeps: false, connect: [hub.addresses[0] ?? ''] } as const
const [ada, ben] = [await openPeer(common), await openPeer(common)]
const documents = [ada.open('pair'), ben.open('pair')]
while (!ben.neighbours.value.some(({ transport, state }) => transport === 'webrtc' && state === 'linked')) {
  await new Promise((resolve) => setTimeout(resolve, 20))
}
process.stdout.write(`linked ${documents.length}\n`)
await Promise.all([ada.close(), ben.close()])
await hub.close()
process.stdout.write('closed\n')
