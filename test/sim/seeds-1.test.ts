import { describe } from 'vitest'
import { runRange } from './seed-range.ts'

describe('whole peers under faults, part 1', () => {
  runRange(1, 500)
})
