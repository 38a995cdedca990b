// A process to be killed: appends lines to many documents at once and compacts them, and says on stdout what is stored.
import { documentName, type DocumentName } from '@knotwork/core'
import { LevelStorage } from '@knotwork/node-peer'
import { joinedLines } from './lines.ts'

const [directory = '', run = ''] = process.argv.slice(2)
const storage = await LevelStorage.open(directory, { notice: (event, why) => console.log(`! ${event} ${why}`) })
const writers = Array.from({ length: 12 }, (_, index) => write(index))
await Promise.all(writers)

async function write(index: number): Promise<void> {
  const name = documentName(`document ${index}`)
  if (!name.ok) throw new Error(name.error)
  for (let n = 0; ; n++) {
    const lines = Array.from({ length: 1 + (n % 3) }, (_, part) => `${run}.${n}.${part} ${'x'.repeat((n * 37) % 900)}`)
    const note = n % 4 === 0 ? bytesOf(`note ${run}.${n}`) : undefined
    await storage.append(name.value, lines.map(bytesOf), note)
    process.stdout.write(lines.map((line) => `${index} ${line.split(' ')[0]}\n`).join(''))
    if (n % 25 === index) void compact(name.value)
  }
}

function compact(name: DocumentName): Promise<void> {
  return storage.compact(name, joinedLines)
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
