/** What every Storage must do: memory, LevelDB and IndexedDB run these same cases. */
import type { ContractCase } from './contract.ts'
import { storageCompactionCases } from './storage-compaction.ts'
import { storageHistoryCases } from './storage-history.ts'
import { storageLogCases } from './storage-log.ts'
import { storageNameCases } from './storage-names.ts'
import { storageNoteCases } from './storage-notes.ts'
import type { StorageSubject } from './storage-subject.ts'

export type { StorageSubject } from './storage-subject.ts'

export const storageCases: readonly ContractCase<StorageSubject>[] = [
  ...storageLogCases,
  ...storageNameCases,
  ...storageCompactionCases,
  ...storageNoteCases,
  ...storageHistoryCases,
]
