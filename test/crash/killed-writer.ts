/** Kills a writing process at a random moment, again and again on one directory, and looks at what is stored. */
import { fileURLToPath } from 'node:url'
import { LevelStorage } from '@knotwork/node-peer'
import { SourceProcess } from '../integration/source-process.ts'
import { Rng } from '../sim/world/random.ts'
import { historyOf, linesOf } from './lines.ts'

const writingProcess = fileURLToPath(new URL('writing-process.ts', import.meta.url))

export class KilledWriter {
  readonly #directory: string
  readonly #rng: Rng
  #round = 0
  /** Tokens by document that were said to be stored, in all rounds. */
  readonly stored = new Map<string, Set<string>>()

  constructor(directory: string, seed: number) {
    this.#directory = directory
    this.#rng = new Rng(`kill ${seed}`)
  }

  /** One life and death of the process; sentences about what is wrong afterwards. */
  async round(): Promise<readonly string[]> {
    await using writing = new SourceProcess(writingProcess, [this.#directory, String(++this.#round)])
    await writing.until(() => writing.lines.length > 0)
    await new Promise((resolve) => setTimeout(resolve, this.#rng.whole(0, 400)))
    writing.kill('SIGKILL')
    await writing.ended()
    const complaints = writing.lines.filter((line) => line.startsWith('!'))
    for (const line of writing.lines) {
      const [document = '', token = ''] = line.split(' ')
      if (!line.startsWith('!')) this.stored.set(document, (this.stored.get(document) ?? new Set()).add(token))
    }
    return [...complaints, ...(await this.#look())]
  }

  async #look(): Promise<readonly string[]> {
    const wrong: string[] = []
    await using storage = await LevelStorage.open(this.#directory, {
      notice: (event, why) => void wrong.push(`${event}: ${why}`),
    })
    for await (const { name, note } of storage.list()) {
      const { updates, unreadable } = await storage.load(name)
      const found = linesOf(updates).map((line) => line.split(' ')[0] ?? '')
      const stored = this.stored.get(name.split(' ')[1] ?? '') ?? new Set()
      const lost = [...stored].filter((token) => !found.includes(token))
      if (lost.length > 0) wrong.push(`round ${this.#round}: ${name} lost ${lost.join(', ')}`)
      if (new Set(found).size !== found.length) wrong.push(`round ${this.#round}: ${name} has lines twice`)
      if (found.join() !== found.toSorted(byRunAndNumber).join()) wrong.push(`${name} is out of order`)
      const past = await storage.history.past(name)
      const history = await historyOf(past)
      const isSame = history.lines.join() === linesOf(updates).join()
      if (past.isDamaged || history.unreadable > 0 || !isSame)
        wrong.push(`round ${this.#round}: ${name} has another history`)
      if (unreadable > 0) wrong.push(`round ${this.#round}: ${unreadable} records of ${name} unreadable`)
      if (note !== null && !new TextDecoder().decode(note.bytes).startsWith('note ')) wrong.push(`${name}: a torn note`)
    }
    return wrong
  }
}

function byRunAndNumber(one: string, other: string): number {
  const [left, right] = [one.split('.').map(Number), other.split('.').map(Number)]
  const at = left.findIndex((number, index) => number !== right[index])
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}
