/**
 * An editing session keystroke by keystroke. The real one (a paper written over months, from the editing-traces
 * collection) is used where its file is at hand; otherwise a seeded generator types a session of the same shape.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** At a position of the text as it is then: delete so many UTF-16 units, then insert. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

export interface EditingTrace {
  readonly title: string
  readonly keystrokes: readonly (readonly Patch[])[]
  readonly endText: string
}

interface TraceFile {
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly Patch[] }[]
}

const realTrace = fileURLToPath(new URL('../../../shared/data/automerge-paper.json.gz', import.meta.url))

/** The first `count` keystrokes of the real session where it is at hand, else of a generated one. */
export function editingTrace(count = Infinity): EditingTrace {
  const path = process.env['KNOTWORK_TRACE'] ?? realTrace
  if (!existsSync(path)) return generatedTrace(Math.min(count, 260_000), 1)
  const { txns, endContent } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as TraceFile
  const keystrokes = txns.slice(0, count).map(({ patches }) => patches)
  const isWhole = keystrokes.length === txns.length
  const endText = isWhole ? endContent : typed(keystrokes)
  return { title: `${keystrokes.length} of ${txns.length} recorded keystrokes`, keystrokes, endText }
}

/** Types runs of words at a wandering place, and takes some of it back, as people do. */
function generatedTrace(count: number, seed: number): EditingTrace {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const keystrokes: Patch[][] = []
  let length = 0
  let at = 0
  while (keystrokes.length < count) {
    if (random(40) === 0) at = random(length + 1)
    if (random(10) < 3 && at > 0) {
      at--
      length--
      keystrokes.push([[at, 1, '']])
    } else {
      keystrokes.push([[at, 0, random(6) === 0 ? ' ' : String.fromCharCode(97 + random(26))]])
      at++
      length++
    }
  }
  return { title: `${count} generated keystrokes`, keystrokes, endText: typed(keystrokes) }
}

function typed(keystrokes: readonly (readonly Patch[])[]): string {
  const text: string[] = []
  for (const patches of keystrokes) {
    for (const [position, deleted, inserted] of patches) text.splice(position, deleted, ...inserted.split(''))
  }
  return text.join('')
}
