import { describe } from 'vitest'
import { runRange } from './seed-range.ts'

describe('whole peers under faults, part 3', () => {
  runRange(1001, 1500)
})
