import type { Random } from '@knotwork/core'

/** The browser's own randomness; unlike `crypto.subtle`, it is there in pages without https, too. */
export const pageRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
}
