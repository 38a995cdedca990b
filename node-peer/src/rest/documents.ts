/** All documents of this peer: a list, page by page, and making a new one. */
import { randomBytes } from 'node:crypto'
import {
  bytesOf,
  decodeNote,
  documentName,
  importRoots,
  isDeleted,
  isVersionsName,
  type ListedDocument,
} from '@knotwork/core'
import { Hono } from 'hono'
import { Rejected } from '../server/problem.ts'
import { described, query } from './description.ts'
import { freshClient, outcomeOf } from './document.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { assertMayWrite, inTime } from './guard.ts'
import { json } from './request-body.ts'
import { createdSchema, createSchema, listedSchema, listQuerySchema, type DocumentRow } from './schemas.ts'

type Storage = RestOptions['storage']

/** Routes below /v1/docs. */
export function documentsRoutes({ storage, files, visitors }: Pick<RestOptions, 'storage' | 'files' | 'visitors'>) {
  return new Hono<RestEnvironment>()
    .get(
      '/',
      described({
        summary: 'List documents',
        tag: 'documents',
        answers: [{ description: 'One page.', content: { 'application/json': listedSchema } }],
        problems: { 400: ['bad-query'] },
      }),
      query(listQuerySchema),
      async (c) => {
        const { prefix = '', after = null, limit } = c.req.valid('query')
        const { page, isLast } = await pageOf(storage, { prefix, after, limit })
        const documents = []
        for (const listed of page) documents.push(await shown({ storage, files }, listed))
        return c.json({ documents, next: isLast ? null : (page.at(-1)?.name ?? null) })
      },
    )
    .post(
      '/',
      described({
        summary: 'Create a document with some content',
        description: 'A name alone is no document: any name can be opened and written to at any time.',
        tag: 'documents',
        body: { 'application/json': createSchema },
        answers: [{ status: 201, description: 'It is stored.', content: { 'application/json': createdSchema } }],
        problems: { 400: ['bad-name', 'bad-json'], 409: ['exists'], 413: ['too-large'], 422: ['misfit', 'empty'] },
      }),
      json(createSchema),
      async (c) => {
        const { name: given = freshName(), content } = c.req.valid('json')
        const name = documentName(given)
        if (!name.ok) throw new Rejected({ status: 400, code: 'bad-name', detail: name.error })
        await assertMayWrite({ ...c.get('visit'), documentName: name.value }, visitors)
        const before = await inTime(c.get('peer').read(name.value))
        if (before !== null && !isDeleted(before)) {
          throw new Rejected({ status: 409, code: 'exists', detail: 'there is such a document already' })
        }
        const change = importRoots(before, content, { client: freshClient(), keepsOthers: false })
        if (!change.ok) throw new Rejected({ status: 422, code: 'misfit', detail: change.error })
        if (change.value === null) {
          throw new Rejected({ status: 422, code: 'empty', detail: 'there is nothing in it to store' })
        }
        outcomeOf(await inTime(c.get('peer').merge(name.value, change.value)))
        c.header('location', `/v1/docs/${encodeURIComponent(name.value)}`)
        return c.json({ name: name.value }, 201)
      },
    )
}

interface PageWish {
  readonly prefix: string
  readonly after: string | null
  readonly limit: number
}

/** In the order of the storage, which stays the same while documents come and go. */
async function pageOf(
  storage: Storage,
  { prefix, after, limit }: PageWish,
): Promise<{ readonly page: readonly ListedDocument[]; readonly isLast: boolean }> {
  const page: ListedDocument[] = []
  let isAfter = after === null
  for await (const listed of storage.list()) {
    if (isAfter && listed.name.startsWith(prefix) && !isVersionsName(listed.name)) page.push(listed)
    if (page.length > limit) return { page: page.slice(0, limit), isLast: false }
    if (listed.name === after) isAfter = true
  }
  return { page, isLast: true }
}

async function shown(
  { storage, files }: Pick<RestOptions, 'storage' | 'files'>,
  { name, note }: ListedDocument,
): Promise<DocumentRow> {
  const { updates, unreadable } = await storage.peek(name)
  const known = note?.isCurrent === true ? decodeNote(note.bytes) : null
  return {
    name,
    bytes: updates.reduce((sum, { byteLength }) => sum + byteLength, 0),
    historyBytes: storage.history === undefined ? 0 : bytesOf(await storage.history.outline(name)),
    damaged: unreadable + ((await files?.setAside(name)) ?? 0),
    deleted: isDeleted(...updates),
    // Own edits that nobody else has are on this peer alone.
    replicas: known === null ? null : 1 + (known.pending > 0 ? 0 : known.holders.length),
  }
}

function freshName(): string {
  return randomBytes(16).toString('base64url')
}
