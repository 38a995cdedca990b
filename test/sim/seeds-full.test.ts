import { describe } from 'vitest'
import { runRange } from './seed-range.ts'

describe('whole peers under faults, all linked to all', () => {
  runRange(1, 100, { shape: 'full' })
})
