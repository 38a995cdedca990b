import { expect, it } from 'vitest'
import { replay } from '../trace/replay.ts'

it('[DS9] a whole editing session typed at A is read at C, equal to the byte', async () => {
  const report = await replay('all')
  console.log(JSON.stringify(report))
  expect(report.isEqual).toBe(true)
  // Counts and bytes are exact where times are not: a keystroke costs its update and a few bytes of frame.
  expect(report.bytesPerKeystroke.fromAToB).toBeLessThan(40)
  expect(report.bytesPerKeystroke.fromBToC).toBeLessThan(40)
}, 600_000)
