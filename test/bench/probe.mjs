// Loaded into every server before its own code: answers what it has cost so far, and ends it with the benchmark.
import { readFileSync } from 'node:fs'
import { setTimeout as passed } from 'node:timers/promises'

/** Bytes that went to the disk; 0 where the system does not tell. */
function writtenBytes() {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function settle() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await passed(50)
  }
}

process.on('message', ({ ask, id }) => {
  if (ask === 'settle') void settle().then(() => tell(id))
  else tell(id)
})

function tell(id) {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  const usage = { cpuMs: (user + system) / 1000, rss, used: heapUsed + external, written: writtenBytes() }
  process.send?.({ id, usage })
}
process.on('disconnect', () => process.exit())
process.channel?.unref()
