/** PROTOCOL.md and the tests name one another: no rule without a test, no test of a rule that is not there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = ['core/src', 'node-peer/src', 'web-peer/src', 'web-peer/app', 'test']

/** Rules whose tests are still to be written. It must be empty before a release. */
const awaited: readonly string[] = []

/** The ids that PROTOCOL.md gives: `- **[DS7]** No update is applied …`. */
function rules(): readonly string[] {
  const protocol = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')
  return [...protocol.matchAll(/^- \*\*\[([A-Z]{2}\d+)\]\*\* /gm)].map((match) => match[1] ?? '')
}

/** The ids at the head of titles: `it('[DS7] [BR5] …')`, also of cases that a contract suite runs; with their files. */
function titled(): ReadonlyMap<string, readonly string[]> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  )
  const ids = new Map<string, string[]>()
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const [, heads = ''] of source.matchAll(/(?<!describe\()['"`]((?:\[[A-Z]{2}\d+\] )+)/g)) {
      for (const [, id = ''] of heads.matchAll(/\[([A-Z]{2}\d+)\]/g)) ids.set(id, [...(ids.get(id) ?? []), file])
    }
  }
  return ids
}

describe('rules and tests', () => {
  it('no rule is given twice', () => {
    const ids = rules()
    expect(ids.length).toBeGreaterThan(60)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it('every rule of PROTOCOL.md has a test that carries its id', () => {
    const tested = titled()
    expect(rules().filter((id) => !tested.has(id) && !awaited.includes(id))).toEqual([])
  })

  it('every id in a title is a rule of PROTOCOL.md', () => {
    const known = new Set(rules())
    expect([...titled()].filter(([id]) => !known.has(id)).map(([id, files]) => ({ id, files }))).toEqual([])
  })

  it('no test is awaited that has been written, or for a rule that is not there', () => {
    const [tested, known] = [titled(), new Set(rules())]
    expect(awaited.filter((id) => tested.has(id) || !known.has(id))).toEqual([])
  })
})
