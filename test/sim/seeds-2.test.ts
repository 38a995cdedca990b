import { describe } from 'vitest'
import { runRange } from './seed-range.ts'

describe('whole peers under faults, part 2', () => {
  runRange(501, 1000)
})
