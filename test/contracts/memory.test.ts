import { MemoryDisk, MemoryStorage } from '@knotwork/core'
import { MemoryNetwork, MemoryTransport } from '../doubles/memory-transport.ts'
import { runCases } from './run-cases.ts'
import { storageCases, type StorageSubject } from '@knotwork/core/contracts'
import { LinkEnds, transportCases, type TransportSubject } from './transport.ts'

function memoryDisk(): Promise<StorageSubject> {
  const disk = new MemoryDisk()
  return Promise.resolve({
    shareable: true,
    open: () => Promise.resolve(new MemoryStorage(disk, { retention: { days: 30 }, now: () => 1_000_000 })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

async function memoryNetwork(): Promise<TransportSubject> {
  const network = new MemoryNetwork()
  const [a, b] = [new MemoryTransport(network, 'memory://a'), new MemoryTransport(network, 'memory://b')]
  const [dialled, accepted] = [new LinkEnds(), new LinkEnds()]
  const [address = ''] = await b.listen(accepted.accept)
  return {
    dialling: { transport: a, address, deadAddress: 'memory://nobody', accepted },
    async connectPair() {
      const index = dialled.all.length
      a.dial(address, dialled.accept, () => undefined)
      return { a: await dialled.at(index), b: await accepted.at(index) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()])
    },
  }
}

runCases('storage contract: memory', storageCases, memoryDisk)
runCases('transport contract: memory', transportCases, memoryNetwork)
