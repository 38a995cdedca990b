/** All workloads, in the order of the page, each at two sizes: to measure, and to see that it still runs. */
import type { Section } from './report.ts'
import type { Stage } from './workload.ts'
import { append } from './workloads/append.ts'
import { automerge } from './workloads/automerge.ts'
import { coldOpen } from './workloads/cold-open.ts'
import { documentsInSync } from './workloads/documents-in-sync.ts'
import { fanOut } from './workloads/fan-out.ts'
import { idleConnections, idleDocuments } from './workloads/idle.ts'
import { manyDocuments } from './workloads/many-documents.ts'
import { reconnect } from './workloads/reconnect.ts'
import { wholeSession } from './workloads/whole-session.ts'

export type Size = 'full' | 'toy'

export interface Workload {
  readonly name: string
  readonly run: (stage: Stage, size: Size) => Promise<readonly Section[]>
}

function sized<Value>(
  run: (stage: Stage, value: Value) => Promise<readonly Section[]>,
  sizes: Readonly<Record<Size, Value>>,
): Workload['run'] {
  return (stage, size) => run(stage, sizes[size])
}

export const workloads: readonly Workload[] = [
  {
    name: 'fan-out',
    run: sized(fanOut, {
      full: { readers: [10, 100, 500], pacedEdits: 300, pacedPerSecond: 100, burstEdits: 2_000, rounds: 3 },
      toy: { readers: [3], pacedEdits: 10, pacedPerSecond: 100, burstEdits: 20, rounds: 1 },
    }),
  },
  {
    name: 'documents',
    run: sized(manyDocuments, {
      full: { documents: 1_000, atOnce: 1_000, perSecond: 2_000, editsEach: 10 },
      toy: { documents: 5, atOnce: 5, perSecond: 200, editsEach: 3 },
    }),
  },
  {
    name: 'more-documents',
    run: sized(manyDocuments, {
      full: { documents: 10_000, atOnce: 1_000, perSecond: 2_000, editsEach: 2 },
      toy: { documents: 6, atOnce: 3, perSecond: 200, editsEach: 2 },
    }),
  },
  {
    name: 'idle-connections',
    run: sized(idleConnections, { full: { connections: 1_500 }, toy: { connections: 10 } }),
  },
  {
    name: 'idle-documents',
    run: sized(idleDocuments, {
      full: { documents: 10_000, idleAfterMs: 66_000 },
      toy: { documents: 10, idleAfterMs: 10 },
    }),
  },
  {
    name: 'cold-open',
    run: sized(coldOpen, {
      full: { keystrokes: Infinity, copies: 5, warmUps: 30, restMs: 3_000 },
      toy: { keystrokes: 500, copies: 1, warmUps: 1, restMs: 100 },
    }),
  },
  {
    name: 'session',
    run: sized(wholeSession, {
      full: { keystrokes: Infinity, perTurn: 100, restMs: 3_000 },
      toy: { keystrokes: 500, perTurn: 100, restMs: 100 },
    }),
  },
  {
    name: 'reconnect',
    run: sized(reconnect, {
      full: { keystrokes: Infinity, missed: [1, 100, 10_000] },
      toy: { keystrokes: 500, missed: [1] },
    }),
  },
  {
    name: 'documents-in-sync',
    run: sized(documentsInSync, {
      full: { documents: 10_000, changed: 10, delayMs: 1_000 },
      toy: { documents: 10, changed: 1, delayMs: 5 },
    }),
  },
  {
    name: 'automerge',
    run: sized(automerge, {
      full: { readers: 10, edits: 100, perSecond: 20, rounds: 3 },
      toy: { readers: 2, edits: 4, perSecond: 20, rounds: 1 },
    }),
  },
  {
    name: 'append',
    run: sized(append, {
      full: { updates: 20_000, syncedUpdates: 2_000 },
      toy: { updates: 200, syncedUpdates: 20 },
    }),
  },
]
