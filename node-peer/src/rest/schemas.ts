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

export const listedSchema = z.object({
  documents: z.array(
    z.object({
      name: z.string(),
      bytes: z.int().meta({ description: 'Of its log in this storage.' }),
      deleted: z.boolean(),
      replicas: z.int().nullable().meta({ description: 'Peers known to have all of it on disk; null if unknown.' }),
    }),
  ),
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

export const sinceQuerySchema = z.object({
  since: z.string().optional().meta({ description: 'An event id; the header Last-Event-ID goes before it.' }),
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
