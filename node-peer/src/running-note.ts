/** Beside the data of a peer that runs: which process it is and where it is reached, for commands on the same machine. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface RunningNote {
  readonly pid: number
  readonly url: string
}

const fileName = 'running.json'

export async function writeRunningNote(data: string, note: RunningNote): Promise<void> {
  await writeFile(join(data, fileName), `${JSON.stringify(note)}\n`, { mode: 0o600 })
}

export async function removeRunningNote(data: string): Promise<void> {
  await rm(join(data, fileName), { force: true })
}

/** Null where there is none. A process that was killed leaves one behind: it is worth something only while the data are in use. */
export async function readRunningNote(data: string): Promise<RunningNote | null> {
  try {
    const { pid, url } = JSON.parse(await readFile(join(data, fileName), 'utf8')) as Partial<RunningNote>
    return typeof pid === 'number' && typeof url === 'string' ? { pid, url } : null
  } catch {
    return null
  }
}
