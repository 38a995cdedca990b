/** What those cost who do nothing: connections that are only open, and documents that are only kept. */
import { setTimeout as passed } from 'node:timers/promises'
import type { Contestant } from '../contestants.ts'
import { Typist } from '../edits.ts'
import { frameOf, type LeanSocket } from '../lean-socket.ts'
import type { Section } from '../report.ts'
import { join, joinAll } from '../room.ts'
import type { ServerProcess, Usage } from '../server-process.ts'
import type { Stage } from '../workload.ts'

/** What a server has needed to be quick once is not what a connection costs: the young generation does not grow. */
const youngSpaceFixed = ['--max-semi-space-size=1']

export interface IdleConnectionsSize {
  readonly connections: number
}

interface Each {
  readonly rss: number
  readonly used: number
}

export async function idleConnections(stage: Stage, { connections }: IdleConnectionsSize): Promise<readonly Section[]> {
  const results = new Map<string, Each>()
  for (const contestant of stage.contestants) {
    stage.say(`idle connections: ${contestant.name}`)
    await using server = await contestant.start(await stage.directory(), youngSpaceFixed)
    const at = { server, wire: contestant.wire, room: 'idle' }
    const first = await joinAll(Math.ceil(connections / 10), () => join(at))
    await keepBusy(first, contestant)
    // Coming and going is compiled and has its buffers before it is measured.
    for (const socket of await joinAll(Math.ceil(connections / 3), () => join(at))) socket.close()
    await passed(1_000)
    const before = await server.settled()
    const sockets = await joinAll(connections, () => join(at))
    await passed(1_000)
    results.set(contestant.name, each(before, await server.settled(), connections))
    for (const socket of [...first, ...sockets]) socket.close()
  }
  const raw = results.get('raw ws')?.rss ?? Number.NaN
  return [
    {
      title: 'Idle connections',
      how: `${connections} more clients in a room whose server has been busy, garbage collected before and after.`,
      columns: ['server', 'RSS KB each', 'it / raw ws', 'heap and buffers KB each'],
      rows: [...results].map(([name, { rss, used }]) => [name, rss / 1024, rss / raw, used / 1024]),
      bars: [
        {
          text: 'idle y-websocket client: RSS <= 1.3 times a raw ws connection',
          value: (results.get('knotwork')?.rss ?? Number.NaN) / raw,
          atMost: 1.3,
        },
      ],
    },
  ]
}

/** Some traffic first: a heap that has only just started grows whatever comes. */
async function keepBusy([writer]: readonly LeanSocket[], { wire }: Contestant): Promise<void> {
  const { updates } = new Typist().type(3_000)
  for (let start = 0; start < updates.length; start += 100) {
    const frames = updates.slice(start, start + 100).map((update) => frameOf(wire.update('idle', update)))
    writer?.sendFrame(Buffer.concat(frames))
    await passed(20)
  }
  await passed(1_000)
}

export interface IdleDocumentsSize {
  readonly documents: number
  /** How long after the last client left a document counts as idle: a node peer keeps it for a minute. */
  readonly idleAfterMs: number
}

export async function idleDocuments(stage: Stage, size: IdleDocumentsSize): Promise<readonly Section[]> {
  const { documents, idleAfterMs } = size
  const results = new Map<string, Each>()
  // They wait side by side: memory does not care.
  await Promise.all(
    stage.only('knotwork', 'y-websocket', 'y-websocket + y-leveldb', 'Hocuspocus 3').map(async (contestant) => {
      await using server = await contestant.start(await stage.directory(), youngSpaceFixed)
      // The first ones fill caches and buffers that all share.
      await visit(
        server,
        contestant,
        Array.from({ length: documents }, (_, index) => `first-${index}`),
      )
      await passed(idleAfterMs)
      const before = await server.settled()
      await visit(
        server,
        contestant,
        Array.from({ length: documents }, (_, index) => `second-${index}`),
      )
      stage.say(`idle documents: ${contestant.name} has ${documents}`)
      await passed(idleAfterMs)
      results.set(contestant.name, each(before, await server.settled(), documents))
    }),
  )
  return [
    {
      title: 'Idle documents',
      how: `${documents.toLocaleString('en')} more documents, after as many that have filled what all share, each visited by one client that wrote 20 characters and left ${idleAfterMs / 1000} s ago.`,
      columns: ['server', 'RSS KB each', 'heap and buffers KB each'],
      rows: [...results].map(([name, { rss, used }]) => [name, rss / 1024, used / 1024]),
      bars: [
        {
          text: 'idle document: RSS <= 0.5 KB',
          value: (results.get('knotwork')?.rss ?? Number.NaN) / 1024,
          atMost: 0.5,
        },
      ],
    },
  ]
}

async function visit(server: ServerProcess, { wire }: Contestant, rooms: readonly string[]): Promise<void> {
  const typist = new Typist()
  const { updates } = typist.type(13)
  for (let start = 0; start < rooms.length; start += 100) {
    await Promise.all(
      rooms.slice(start, start + 100).map(async (room) => {
        const socket = await join({ server, wire, room })
        socket.sendFrame(Buffer.concat(updates.map((update) => frameOf(wire.update(room, update)))))
        await passed(20)
        socket.close()
      }),
    )
  }
}

function each(before: Usage, after: Usage, count: number): Each {
  return { rss: (after.rss - before.rss) / count, used: (after.used - before.used) / count }
}
