/** What is still to be said, and what was given up, in a file that is replaced as a whole. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { messageOf, type Log } from '@knotwork/core'
import { z } from 'zod'
import type { WebhookState } from './delivery.ts'

const deliverySchema = z.object({
  id: z.string(),
  url: z.string(),
  document: z.string(),
  body: z.string(),
  attempts: z.int(),
  dueAt: z.number(),
  why: z.string().nullable(),
})
const stateSchema = z.object({ waiting: z.array(deliverySchema), dead: z.array(deliverySchema) })

export class WebhookFile {
  readonly #path: string
  readonly #log: Log
  #next: WebhookState | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
  }

  async read(): Promise<WebhookState> {
    try {
      return stateSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch (thrown) {
      const isMissing = (thrown as { code?: unknown }).code === 'ENOENT'
      if (!isMissing) this.#log('error', 'webhooksUnreadable', { file: this.#path, why: messageOf(thrown) })
      return { waiting: [], dead: [] }
    }
  }

  /** The latest state wins; resolves when it is written. */
  write(state: WebhookState): Promise<void> {
    const isFirst = this.#next === null
    this.#next = state
    if (isFirst) this.#writing = this.#writing.then(() => this.#writeNext())
    return this.#writing
  }

  async #writeNext(): Promise<void> {
    const state = this.#next
    this.#next = null
    try {
      const fresh = `${this.#path}.new`
      // Addresses of endpoints may hold secrets.
      await writeFile(fresh, JSON.stringify(state), { mode: 0o600, flush: true })
      await rename(fresh, this.#path)
    } catch (thrown) {
      this.#log('error', 'webhooksUnwritten', { file: this.#path, why: messageOf(thrown) })
    }
  }
}
