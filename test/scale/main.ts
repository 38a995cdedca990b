/**
 * `npm run scale -- 60 6 2`: 60 real peers in 6 processes, 2 of which are killed in the end; one table.
 * They are linked by WebRTC where membership chooses, or with `--websocket` by that, in a random mesh. `--disk` keeps their documents in LevelDB instead of memory.
 */
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { scaleReport, type ScaleReport } from './scale-report.ts'

const flags = process.argv.slice(2)
const [peers = 60, processes = 6, killedProcesses = 2] = flags.filter((flag) => !flag.startsWith('--')).map(Number)
const links = flags.includes('--websocket') ? 'websocket' : 'direct'
await using directory = await TemporaryDirectory.make()
const report = await scaleReport({
  processes,
  peersEach: Math.ceil(peers / processes),
  data: flags.includes('--disk') ? (index) => directory.at(String(index)) : null,
  links,
  killedProcesses,
  edits: 60,
  idleMs: 10_000,
  renewals: flags.includes('--presence') ? 2 : 0,
  log: (line) => console.error(line),
})
console.log(tableOf(report))

function tableOf({ peers: count, links: degrees, idle, work, kill, messagesPerRenewal }: ScaleReport): string {
  const rows = work.map(({ name, edits, updates, acknowledgements, messages, bytes, latencyMs, ...cpu }) =>
    [
      name,
      edits,
      updates,
      acknowledgements,
      messages,
      bytes,
      cpu.cpuMs,
      cpu.cpuMsBeyondIdle,
      latencyMs.p50,
      latencyMs.p99,
    ].join(' | '),
  )
  const { killed, survivors, convergedMs, slowestAfterMs, lost, areAllEqual } = kill
  return [
    `${count} peers in ${report.processes} processes, linked by ${links}, ${degrees.fewest} to ${degrees.most} links each, ${degrees.mean} on average`,
    `idle: ${idle.messages} messages, ${idle.bytes} bytes, ${idle.cpuMs} ms of CPU per peer and second, pings and all`,
    '',
    '| per edit and peer | edits | updates | acknowledgements | messages | bytes | CPU ms | beyond idling | p50 ms | p99 ms |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...(messagesPerRenewal === null
      ? []
      : [`the presence of one that does nothing: ${messagesPerRenewal} messages per renewal and peer`]),
    `killed ${killed}: the ${survivors} left had all of before within ${convergedMs} ms; after that no edit took longer than ${slowestAfterMs} ms`,
    `lost: ${lost}; ${areAllEqual ? 'all are equal' : 'NOT EQUAL'}`,
  ].join('\n')
}
