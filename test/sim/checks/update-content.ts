/** What an update holds: how far it takes each client, and what it deletes. */
import * as Y from 'yjs'

export interface DeletedRange {
  readonly client: number
  readonly clock: number
  readonly length: number
}

export interface Content {
  /** Clock after the last struct, per client. */
  readonly to: ReadonlyMap<number, number>
  readonly deleted: readonly DeletedRange[]
}

/** Throws when the bytes are no update. */
export function contentOf(update: Uint8Array): Content {
  const { structs, ds } = Y.decodeUpdate(update)
  const to = new Map<number, number>()
  for (const { id, length } of structs) to.set(id.client, Math.max(to.get(id.client) ?? 0, id.clock + length))
  return { to, deleted: rangesOf(ds) }
}

export function rangesOf(deleteSet: ReturnType<typeof Y.decodeUpdate>['ds']): readonly DeletedRange[] {
  const ranges: DeletedRange[] = []
  for (const [client, items] of deleteSet.clients) {
    for (const { clock, len } of items) ranges.push({ client, clock, length: len })
  }
  return ranges
}

/** Whether a document holds all of that. The clocks of what waits for something do not count. */
export function holds(doc: Y.Doc, content: Content): boolean {
  for (const [client, clock] of content.to) if (Y.getState(doc.store, client) < clock) return false
  return content.deleted.every((range) => isDeleted(doc, range))
}

function isDeleted(doc: Y.Doc, { client, clock, length }: DeletedRange): boolean {
  const structs = doc.store.clients.get(client)
  if (structs === undefined || Y.getState(doc.store, client) < clock + length) return false
  for (let i = Y.findIndexSS(structs, clock); i < structs.length; i++) {
    const struct = structs[i]
    if (struct === undefined || struct.id.clock >= clock + length) return true
    if (!struct.deleted) return false
  }
  return true
}
