// A process to be killed: appends numbered records to a LevelStorage and says on stdout which are stored.
import { documentName } from '@knotwork/core'
import { LevelStorage } from '../../node-peer/src/storage/level-storage.ts'

const name = documentName('a')
if (!name.ok) throw new Error(name.error)
const storage = await LevelStorage.open(process.argv[2] ?? '')
const { updates } = await storage.load(name.value)
for (let n = updates.length; ; n++) {
  await storage.append(name.value, [new TextEncoder().encode(`record ${n} ${'x'.repeat(n % 2_000)}`)])
  process.stdout.write(`${n}\n`)
}
