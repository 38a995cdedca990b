/**
 * A document that was deleted. Among equal replicas a deletion is an edit like any other: it removes all content and leaves
 * a mark in a root of its own. It is logged, passed on and merged as every edit is, so the document cannot come back from
 * somebody who was away. A document counts as deleted while it has the mark and nothing else: what others typed at
 * the same moment is not lost, and makes it a document again (docs/decisions/0017).
 */
import * as Y from 'yjs'
import { utf8 } from '../bytes.ts'
import { emptyRoot } from './import-roots.ts'
import { isEmptyRoot, renderableRoots, scratchOf, tombstoneRoot } from './rendering.ts'

export interface TombstoneOptions {
  readonly client: number
  /** Who deleted it, for people. */
  readonly by: string
}

/** The update that deletes a document. */
export function tombstoneFor(update: Uint8Array, { client, by }: TombstoneOptions): Uint8Array {
  const doc = scratchOf(update)
  doc.clientID = client
  let change = update
  doc.on('update', (made: Uint8Array) => {
    change = made
  })
  doc.transact(() => {
    for (const name of renderableRoots(doc)) emptyRoot(doc, name)
    doc.getMap(tombstoneRoot).set('by', by)
  })
  doc.destroy()
  return change
}

/** Whether the document that these updates make, in any order, is a deleted one. */
export function isDeleted(...updates: readonly Uint8Array[]): boolean {
  if (!updates.some(mentionsTombstone)) return false
  const doc = scratchOf(updates.length === 1 ? (updates[0] ?? null) : Y.mergeUpdates([...updates]))
  const isMarked = doc.share.has(tombstoneRoot) && doc.getMap(tombstoneRoot).size > 0
  const isEmpty = renderableRoots(doc).every((name) => isEmptyRoot(doc, name))
  doc.destroy()
  return isMarked && isEmpty
}

const markBytes = utf8(tombstoneRoot)

/** Names of roots stand in an update as they are; most updates are spared a closer look. */
function mentionsTombstone(update: Uint8Array): boolean {
  for (let at = update.indexOf(markBytes[0] ?? 0); at !== -1; at = update.indexOf(markBytes[0] ?? 0, at + 1)) {
    if (markBytes.every((byte, index) => update[at + index] === byte)) return true
  }
  return false
}
