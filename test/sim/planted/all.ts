import { linkBugs } from './link-bugs.ts'
import type { PlantedBug } from './planted-bug.ts'
import { storageBugs } from './storage-bugs.ts'
import { wireBugs } from './wire-bugs.ts'

export const plantedBugs: readonly PlantedBug[] = [...wireBugs, ...storageBugs, ...linkBugs]
