/**
 * A small file beside the database that says how far it had come (PROTOCOL.md [ST11]). The end of a database can be lost so
 * cleanly that nothing in it tells; the witness does. It is written after each write and not synced, so it may be behind
 * after a power failure, and is never ahead of what was stored.
 */
import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from './checksum.ts'

export interface Testimony {
  /** The root's count of writes. */
  readonly batch: number
  /** What LevelDB's file CURRENT held: whoever opens the database changes it. */
  readonly current: string
}

const fileName = 'knotwork-witness'
/** Always the same length, so that a full disk takes it and nothing of an older text stays behind it. */
const sizeBytes = 160

export class Witness {
  readonly #location: string
  #file: number | null = null

  constructor(location: string) {
    this.#location = location
  }

  /** Null where there is none, or it is not what was written. */
  read(): Testimony | null {
    try {
      const text = readFileSync(join(this.#location, fileName), 'latin1')
      const [line = '', checksum = ''] = text.trimEnd().split(' #')
      if (crc32(Buffer.from(line, 'latin1')).toString(16) !== checksum) return null
      const { batch, current } = JSON.parse(line) as Testimony
      return { batch, current }
    } catch {
      return null
    }
  }

  /** A witness that cannot speak hinders nobody. */
  write(testimony: Testimony): void {
    try {
      this.#file ??= openSync(join(this.#location, fileName), constants.O_RDWR | constants.O_CREAT, 0o600)
      const line = JSON.stringify(testimony)
      const text = `${line} #${crc32(Buffer.from(line, 'latin1')).toString(16)}`
      writeSync(this.#file, `${text.padEnd(sizeBytes - 1)}\n`, 0, 'latin1')
    } catch {
      this.#release()
    }
  }

  close(): void {
    try {
      if (this.#file !== null) fsyncSync(this.#file)
    } catch {
      // It was not synced before either.
    }
    this.#release()
  }

  #release(): void {
    const file = this.#file
    this.#file = null
    if (file !== null) closeSync(file)
  }
}

/** What LevelDB's file CURRENT holds; null where there is none. */
export function readCurrent(location: string): string | null {
  try {
    return readFileSync(join(location, 'CURRENT'), 'latin1').trim()
  } catch {
    return null
  }
}
