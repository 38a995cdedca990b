import { describe } from 'vitest'
import { runRange } from './seed-range.ts'

describe('whole peers under faults, part 4', () => {
  runRange(1501, 2000)
})
