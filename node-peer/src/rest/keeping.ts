/** What this peer, and nobody else, keeps of a document: how long its history, and what was deleted (PROTOCOL.md [HI2], [ST12]). */
import { Hono } from 'hono'
import { Rejected } from '../server/problem.ts'
import { described } from './description.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { inTime, named } from './guard.ts'
import { json } from './request-body.ts'
import { purgedSchema, retentionWishSchema } from './schemas.ts'
import { answered } from './versions.ts'

/** Routes below /v1/docs. */
export function keepingRoutes({ files }: Pick<RestOptions, 'files'>) {
  return new Hono<RestEnvironment>()
    .put(
      '/:name/retention',
      described({
        summary: 'Set how long this peer keeps the history of a document',
        description:
          '`none` drops what there is at once. Other peers keep theirs as long as they want, named versions stay.',
        tag: 'documents',
        body: { 'application/json': retentionWishSchema },
        answers: [{ status: 204, description: 'It is kept so long.' }],
        problems: { 400: ['bad-name', 'bad-json'], 404: ['not-found'] },
      }),
      named,
      json(retentionWishSchema),
      async (c) => {
        const [peer, name] = [c.get('peer'), c.get('name')]
        if ((await inTime(peer.read(name))) === null) throw absent()
        await answered(peer.versions(name).retain(c.req.valid('json').retention))
        return c.body(null, 204)
      },
    )
    .post(
      '/:name/purge',
      described({
        summary: 'Remove what was deleted from the files of this peer, its history included',
        description:
          'Other peers keep what they have until they have heard of the deletion and compacted or purged their own logs.',
        tag: 'documents',
        answers: [{ description: 'It is gone.', content: { 'application/json': purgedSchema } }],
        problems: { 400: ['bad-name'], 404: ['not-found'], 409: ['in-memory'] },
      }),
      named,
      async (c) => {
        const [peer, name] = [c.get('peer'), c.get('name')]
        if (files === null) {
          throw new Rejected({ status: 409, code: 'in-memory', detail: 'this peer has no files' })
        }
        if ((await inTime(peer.read(name))) === null) throw absent()
        const { before, after, lostFiles } = await answered(files.purge(name))
        const { named: versions } = await answered(peer.versions(name).list())
        return c.json({ before, after, lostFiles: [...lostFiles], namedVersions: versions.length })
      },
    )
}

function absent(): Rejected {
  return new Rejected({ status: 404, code: 'not-found', detail: 'no such document is stored here' })
}
