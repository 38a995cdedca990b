/** What goes in and out over HTTP, as schemas: types, checks and the description for clients come from these. */
import { z } from 'zod'

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'For programs: never changes its meaning.' }),
    detail: z.string().meta({ description: 'For people.' }),
  })
  .meta({ description: 'An error, as RFC 9457 has it.' })

export const rootsSchema = z.record(z.string(), z.json()).meta({
  description: 'Roots by name: a text is a string, a list an array, a map an object.',
})

export const outcomeSchema = z.object({
  outcome: z.enum(['stored', 'known']).meta({ description: 'Whether it was news. Either way it is stored.' }),
})

export const listQuerySchema = z.object({
  prefix: z.string().optional(),
  after: z.string().optional().meta({ description: 'The last name of the page before.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

const documentRowSchema = z.object({
  name: z.string(),
  bytes: z.int().meta({ description: 'Of its log in this storage.' }),
  historyBytes: z.int().meta({ description: 'What this storage keeps of its past besides; 0 where it keeps none.' }),
  damaged: z.int().meta({ description: 'Records that were altered, set aside or gone when last looked at.' }),
  deleted: z.boolean(),
  replicas: z.int().nullable().meta({ description: 'Peers known to have all of it on disk; null if unknown.' }),
})

/** A document as lists show it. */
export type DocumentRow = Readonly<z.infer<typeof documentRowSchema>>

export const listedSchema = z.object({
  documents: z.array(documentRowSchema),
  next: z.string().nullable().meta({ description: 'What to ask for as `after`; null at the end.' }),
})

export const createSchema = z.object({
  name: z.string().optional().meta({ description: 'Default: one that nobody else has.' }),
  content: rootsSchema,
})

export const createdSchema = z.object({ name: z.string() })

export const documentQuerySchema = z.object({
  name: z.string().optional().meta({ description: 'The root that is meant, for text/plain.' }),
  sv: z.string().optional().meta({ description: 'A Yjs state vector in base64url: only what it lacks is sent.' }),
})

export const retentionSchema = z.union([z.enum(['none', 'all']), z.object({ days: z.int().min(1).max(100_000) })])

export const retentionWishSchema = z.object({
  retention: retentionSchema.nullable().meta({ description: 'Null: as long as this peer keeps any history.' }),
})

const momentSchema = z.iso.datetime()

export const namedVersionSchema = z.object({
  id: z.string(),
  name: z.string(),
  at: momentSchema,
  by: z.string().meta({ description: 'The id of the peer that named it.' }),
  sizeBytes: z.int(),
})

export const versionsSchema = z.object({
  retention: retentionSchema,
  since: momentSchema.nullable().meta({ description: 'The history of this peer begins here; null when it has none.' }),
  sizeBytes: z.int().meta({ description: 'What it costs this peer besides the document and the named versions.' }),
  isDamaged: z.boolean(),
  sessions: z
    .array(
      z.object({
        id: z.string(),
        from: momentSchema,
        to: momentSchema,
        edits: z.int().meta({ description: '0: what the history begins with.' }),
        sizeBytes: z.int(),
      }),
    )
    .meta({ description: 'What was written between two pauses, as this peer saw it; the oldest first.' }),
  named: z.array(namedVersionSchema).meta({ description: 'Versions that somebody named: all peers have these.' }),
})

export const versionNameSchema = z.object({
  name: z.string(),
  of: z.string().optional().meta({ description: 'A version to be named. Default: the document as it is.' }),
})

export const diffQuerySchema = z.object({
  to: z.string().optional().meta({ description: 'A version to compare with. Default: the document as it is.' }),
})

export const differenceSchema = z.object({
  roots: z.record(
    z.string(),
    z.union([
      z.object({
        type: z.literal('text'),
        changes: z.array(z.object({ at: z.int(), removed: z.string(), inserted: z.string() })),
      }),
      z.object({ type: z.literal('json'), before: z.json(), after: z.json() }),
    ]),
  ),
})

export const purgedSchema = z.object({
  before: z.int().meta({ description: 'Bytes of the records of its log.' }),
  after: z.int(),
  namedVersions: z.int().meta({ description: 'Versions with a name, which still hold what was deleted later.' }),
  lostFiles: z.array(z.string()).meta({ description: 'Files of which nobody knows what is in them.' }),
})

export const sinceQuerySchema = z.object({
  since: z.string().optional().meta({ description: 'An event id; the header Last-Event-ID goes before it.' }),
})

export const versionSchema = z.object({
  name: z.literal('knotwork'),
  version: z.string(),
  node: z.string().meta({ description: 'The version of Node it runs on.' }),
})

export const selfSchema = z.object({
  id: z.string(),
  version: z.string(),
  addresses: z.array(z.string()),
  keeps: z.boolean().meta({ description: 'Whether it keeps every document that a neighbour opens.' }),
  durability: z.enum(['disk', 'os', 'memory']),
  documentsInMemory: z.int(),
  uptimeSeconds: z.int(),
})

export const peerSchema = z.object({
  id: z.string().nullable(),
  address: z.string(),
  transport: z.string(),
  state: z.enum(['dialling', 'greeting', 'linked', 'waiting']),
  why: z.string().nullable(),
  isDirect: z.boolean(),
  whyNotDirect: z.string().nullable(),
  keeps: z.boolean(),
  roundTripMs: z.number().nullable(),
  bytesIn: z.int(),
  bytesOut: z.int(),
})

export const peersSchema = z.object({ peers: z.array(peerSchema) })

export const networkSchema = z.object({
  peers: z.array(z.object({ id: z.string(), keeps: z.boolean(), isSelf: z.boolean() })),
  links: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      transport: z.string(),
      isDirect: z.boolean(),
      roundTripMs: z.number().nullable(),
      bytesIn: z.int(),
      bytesOut: z.int(),
    }),
  ),
})

const deliverySchema = z.object({
  id: z.string(),
  url: z.string().meta({ description: 'Without its query, where secrets travel.' }),
  document: z.string(),
  attempts: z.int(),
  due: z.iso.datetime(),
  why: z.string().nullable(),
})

export const webhooksSchema = z.object({ waiting: z.array(deliverySchema), dead: z.array(deliverySchema) })

export const revivedSchema = z.object({ revived: z.int() })
