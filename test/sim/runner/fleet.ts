/** Spreads seeds over processes. A seed that does not end is a failure like any other: its process is replaced. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Report, Task } from './worker.ts'

/** A seed takes well under a second. */
const seedMs = 60_000
const worker = fileURLToPath(new URL('worker.ts', import.meta.url))

export interface FleetOptions {
  readonly from: number
  readonly to: number
  readonly jobs: number
  readonly task: (seed: number) => Task
  readonly reported: (report: Report) => void
}

/** Resolves when every seed was reported. */
export async function runFleet(options: FleetOptions): Promise<void> {
  let next = options.from
  const take = (): number | null => (next > options.to ? null : next++)
  await Promise.all(Array.from({ length: options.jobs }, () => serve(take, options)))
}

async function serve(take: () => number | null, { task, reported }: FleetOptions): Promise<void> {
  let child: ChildProcess | null = null
  for (let seed = take(); seed !== null; seed = take()) {
    child ??= fork(worker)
    const report = await reportOf(child, task(seed))
    reported(report)
    if (report.violation?.check !== 'no-hang') continue
    child.kill('SIGKILL')
    child = null
  }
  child?.disconnect()
}

function reportOf(child: ChildProcess, task: Task): Promise<Report> {
  return new Promise((resolve) => {
    const nothing = {
      events: 0,
      edits: 0,
      acknowledgements: 0,
      levelAfterMs: null,
      convergedAfterMs: null,
      traceHash: '',
    }
    const end = (what: string): void => {
      finish({ seed: task.seed, violation: { check: 'no-hang', what }, ...nothing })
    }
    const timer = setTimeout(() => end(`no end after ${seedMs} ms`), seedMs)
    const ended = (): void => end('the process ended')
    const finish = (report: Report): void => {
      clearTimeout(timer)
      child.off('exit', ended)
      child.off('message', finish)
      resolve(report)
    }
    child.on('message', finish)
    child.on('exit', ended)
    child.send(task)
  })
}
