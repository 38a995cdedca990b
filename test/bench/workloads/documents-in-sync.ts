/** Two peers that both keep many documents meet again, and some of the documents have changed. */
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import { cp } from 'node:fs/promises'
import { join as joined } from 'node:path'
import * as Y from 'yjs'
import type { Contestant } from '../contestants.ts'
import type { LeanSocket } from '../lean-socket.ts'
import { Meter, type Traffic } from '../meter.ts'
import type { Section } from '../report.ts'
import { join, until } from '../room.ts'
import type { ServerProcess } from '../server-process.ts'
import type { Stage } from '../workload.ts'

export interface DocumentsInSyncSize {
  readonly documents: number
  readonly changed: number
  /** One way. */
  readonly delayMs: number
}

interface Found {
  readonly again: Traffic
  readonly changed: Traffic
  readonly changedCpuMs: number
}

const settleMsMax = 90_000
const quietMs = 2_500
/** More than this in a quiet time is somebody who still reads or computes. */
const busyMs = 150

export async function documentsInSync(stage: Stage, size: DocumentsInSyncSize): Promise<readonly Section[]> {
  const [contestant] = stage.only('knotwork')
  if (contestant === undefined) return []
  stage.say(`${size.documents} documents in sync: knotwork peers`)
  const found = await betweenPeers(stage, contestant, size)
  const rows: (readonly (string | number | null)[])[] = [
    ['knotwork, the first link after a start', found.again.bytes, null, null],
    [
      `knotwork, linked again, ${size.changed} changed`,
      found.changed.bytes,
      found.changed.roundTrips,
      found.changedCpuMs,
    ],
  ]
  for (const rival of stage.only('y-websocket', 'Hocuspocus 3')) {
    const each = await bytesOfOne(stage, rival)
    rows.push([
      `${rival.name}: ${size.documents.toLocaleString('en')} times one document`,
      each * size.documents,
      1,
      null,
    ])
  }
  return [
    {
      title: `${size.documents.toLocaleString('en')} documents in sync`,
      how: `Two peers hold the same documents; bytes in both directions until nothing moves. Round trips on a line of ${2 * size.delayMs} ms, without the one and a half of the greeting, with the last acknowledgement. Yjs servers compare one document at a time: one was measured.`,
      columns: ['', 'bytes', 'round trips', 'server CPU ms'],
      rows,
      bars:
        size.documents === 10_000
          ? [
              { text: '10,000 documents, 10 changed: bytes <= 4,096', value: found.changed.bytes, atMost: 4_096 },
              {
                text: '10,000 documents, 10 changed: round trips <= 2',
                value: Math.round(found.changed.roundTrips),
                atMost: 2,
              },
            ]
          : [],
    },
  ]
}

const nameOf = (index: number): string => `notes/${index}`

async function betweenPeers(stage: Stage, contestant: Contestant, size: DocumentsInSyncSize): Promise<Found> {
  const [here, there] = [await stage.directory(), await stage.directory()]
  await fill(here, size.documents)
  // The documents, not the identity.
  await cp(joined(here, 'documents'), joined(there, 'documents'), { recursive: true })
  await using server = await contestant.start(there)
  await using meter = await Meter.before(server.port, size.delayMs)
  await using peer = await openPeer({ data: here, connect: [`ws://127.0.0.1:${meter.port}/peer`] })
  const again = withoutGreeting(await atRest(server, meter))
  stage.say('  the first link is quiet')
  meter.cut()
  await until(() => peer.neighbours.value.every(({ state }) => state !== 'linked'), 'noticing that the line was cut')
  await edit(server, contestant, size)
  const before = await server.settled()
  meter.reset()
  meter.mend()
  const changed = withoutGreeting(await atRest(server, meter))
  const after = await server.usage()
  meter.cut()
  await verify(peer, size.changed)
  return { again, changed, changedCpuMs: after.cpuMs - before.cpuMs }
}

/** What has passed when nothing moves on the line and neither side is still at work. */
async function atRest(server: ServerProcess, meter: Meter): Promise<Traffic> {
  for (const start = performance.now(); ;) {
    const before = await cpuOfBoth(server)
    const traffic = await meter.untilQuiet(quietMs, settleMsMax)
    const isAtWork = (await cpuOfBoth(server)) - before > busyMs
    if (!isAtWork || performance.now() - start > settleMsMax) return traffic
  }
}

async function cpuOfBoth(server: ServerProcess): Promise<number> {
  const { user, system } = process.cpuUsage()
  return (await server.usage()).cpuMs + (user + system) / 1000
}

/**
 * A dialler can speak of documents after one and a half round trips: their hello on the way to it, its own with its proof
 * back, and their proof.
 */
const greetingRoundTrips = 1.5

function withoutGreeting({ bytes, roundTrips }: Traffic): Traffic {
  return { bytes, roundTrips: Math.max(0, roundTrips - greetingRoundTrips) }
}

async function fill(directory: string, documents: number): Promise<void> {
  await using peer = await openPeer({ data: directory })
  for (let start = 0; start < documents; start += 500) {
    const some = Array.from({ length: Math.min(500, documents - start) }, (_, index) => start + index)
    await Promise.all(some.map((index) => peer.merge(nameOf(index), noteOf(index))))
  }
}

function noteOf(index: number): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, `This is note ${index}.`)
  return Y.encodeStateAsUpdate(doc)
}

/** Writes one more line into some of the documents of the server. */
async function edit(
  server: ServerProcess,
  { wire }: Contestant,
  { documents, changed }: DocumentsInSyncSize,
): Promise<void> {
  for (let index = 0; index < changed; index++) {
    const room = encodeURIComponent(nameOf(index))
    const doc = new Y.Doc()
    const updated = (update: Uint8Array): void => Y.applyUpdate(doc, new Uint8Array(update))
    const socket = await join({ server, wire, room, updated })
    await until(() => doc.getText('text').length > 0, `one of ${documents} documents at its editor`)
    doc.once('update', (update: Uint8Array) => socket.send(wire.update(room, update)))
    doc.getText('text').insert(doc.getText('text').length, ' Changed.')
    const copy = new Y.Doc()
    const reader = await join({ server, wire, room, updated: (update) => Y.applyUpdate(copy, new Uint8Array(update)) })
    await until(() => copy.getText('text').toString().endsWith(' Changed.'), 'the change at the server')
    socket.close()
    reader.close()
  }
}

async function verify(peer: NodePeer, changed: number): Promise<void> {
  for (let index = 0; index < changed; index++) {
    const doc = new Y.Doc()
    const update = await peer.read(nameOf(index))
    if (update !== null) Y.applyUpdate(doc, update)
    const text = doc.getText('text').toString()
    if (text !== `This is note ${index}. Changed.`) throw new Error(`document ${index} did not arrive: "${text}"`)
  }
}

/** What a client that is level with a Yjs server exchanges with it for one document. */
async function bytesOfOne(stage: Stage, contestant: Contestant): Promise<number> {
  const { wire } = contestant
  await using server = await contestant.start(await stage.directory())
  const doc = new Y.Doc()
  Y.applyUpdate(doc, noteOf(1))
  const room = 'note-1'
  const first = await join({ server, wire, room })
  first.send(wire.update(room, noteOf(1)))
  const second: LeanSocket = await join({ server, wire, room, stateVector: Y.encodeStateVector(doc) })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const bytes = second.bytesIn + second.bytesOut
  first.close()
  second.close()
  return bytes
}
