/** automerge-repo's server, with automerge-repo's own peers, and ours with stock clients at the same small size. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as passed } from 'node:timers/promises'
import { automergeLoad, startAutomergeRepo } from '../contestants.ts'
import { median } from '../figures.ts'
import type { Section } from '../report.ts'
import type { Stage } from '../workload.ts'
import { fanOutOf } from './fan-out.ts'

export interface AutomergeSize {
  readonly readers: number
  readonly edits: number
  readonly perSecond: number
  readonly rounds: number
}

export async function automerge(stage: Stage, size: AutomergeSize): Promise<readonly Section[]> {
  const { readers, edits, perSecond, rounds } = size
  const rows: (readonly [string, number])[] = []
  const fanOutSize = { readers: [], pacedEdits: edits, pacedPerSecond: perSecond, burstEdits: 8, rounds }
  for (const contestant of stage.only('knotwork', 'y-websocket')) {
    stage.say(`fan-out at automerge's size: ${contestant.name}`)
    const { paced } = await fanOutOf(stage, contestant, readers, fanOutSize)
    rows.push([contestant.name, paced.cpuPerThousand])
  }
  if (stage.only('y-websocket').length > 0) {
    stage.say("fan-out at automerge's size: automerge-repo 2")
    const found: number[] = []
    for (let round = 0; round < rounds; round++) found.push(await ofAutomerge(size))
    rows.push(['automerge-repo 2', median(found)])
  }
  const own = rows.find(([name]) => name === 'knotwork')?.[1] ?? Number.NaN
  return [
    {
      title: `Beside automerge-repo: 1 writer, ${readers} readers`,
      how: `${perSecond} edits a second, ${edits} edits, median of ${rounds}; automerge-repo's clients are its own. Server CPU for 1,000 deliveries.`,
      columns: ['server', 'CPU ms / 1,000', 'knotwork / it'],
      rows: rows.map(([name, cpu]) => [name, cpu, own / cpu]),
      bars: [],
    },
  ]
}

async function ofAutomerge({ readers, edits, perSecond }: AutomergeSize): Promise<number> {
  await using server = await startAutomergeRepo()
  const load = fork(automergeLoad, [server.port, readers, edits, perSecond].map(String))
  try {
    await once(load, 'message')
    const before = await server.settled()
    load.send('type')
    await once(load, 'message')
    await passed(200)
    const after = await server.usage()
    return ((after.cpuMs - before.cpuMs) / (edits * readers)) * 1000
  } finally {
    load.kill()
  }
}
