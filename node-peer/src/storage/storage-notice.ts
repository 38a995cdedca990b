import type { DocumentName } from '@knotwork/core'

/** What a storage tells its operator of. */
export type StorageNotice = (event: StorageEvent, why: string, details?: { readonly document?: DocumentName }) => void

export type StorageEvent =
  | DamageEvent
  /** What was found could not be written down; it will be found again. */
  | 'notMended'
  | 'nameSkipped'

/** Something that was stored is not there any more, or may not be. */
export type DamageEvent = (typeof damageEvents)[number]

export const damageEvents = [
  /** LevelDB could not open or write its files and has made what it could of them. */
  'storageRepaired',
  /** Writes are gone as a whole: nobody can say which documents they were of. */
  'writesLost',
  /** Records of one document are altered or gone. */
  'recordsDamaged',
  /** Nothing of a document is left but its name. */
  'documentGone',
  /** What is kept of a document's past is altered or gone; the document itself is not. */
  'historyDamaged',
] as const
