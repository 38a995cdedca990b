import { randomBytes } from 'node:crypto'
import type { Random } from '@knotwork/core'

export const nodeRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  fraction: () => Math.random(),
}
