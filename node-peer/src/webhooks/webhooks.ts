/**
 * Tells other servers which documents have changed, as Standard Webhooks has it: signed, some time after a change, again
 * with growing waits when nobody listens, and kept aside when that goes on for too long.
 */
import { randomUUID } from 'node:crypto'
import { KnotworkError, messageOf, type Log } from '@knotwork/core'
import { Webhook } from 'standardwebhooks'
import { RestSchedule, usualRest, type Rest } from '../hooks/rest-schedule.ts'
import type { Delivery, WebhookState } from './delivery.ts'
import type { WebhookFile } from './webhook-file.ts'

export interface WebhookEndpoint {
  readonly url: string
  /** `whsec_` and 24 to 64 bytes in base64. */
  readonly secret: string
}

export interface WebhooksOptions {
  readonly endpoints: readonly WebhookEndpoint[]
  /** Null: nothing outlives this process. */
  readonly file: WebhookFile | null
  readonly log: Log
  readonly rest?: Rest
  /** Waits between attempts; after the last one it is given up. */
  readonly retriesMs?: readonly number[]
}

const answerMsMax = 15_000
const [second, minute, hour] = [1_000, 60_000, 3_600_000]
/** A day and a half in all, as the standard suggests. */
const usualRetriesMs = [5 * second, 30 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour]
/** Of each; an endpoint that is gone for good must not fill the disk. */
const keptMax = 1_000

export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #signers = new Map<string, Webhook>()
  readonly #changes: RestSchedule
  #waiting: readonly Delivery[] = []
  #dead: readonly Delivery[] = []
  #timer: NodeJS.Timeout | null = null
  readonly #saying = new Set<string>()
  #isClosed = false

  private constructor(options: WebhooksOptions) {
    this.#options = options
    for (const { url, secret } of options.endpoints) this.#signers.set(url, signerFor(url, secret))
    this.#changes = new RestSchedule((name) => this.#enqueue(name), options.rest ?? usualRest)
  }

  /** @throws KnotworkError `bad-address` for an endpoint that is no address, `refused` for a secret that is none. */
  static async open(options: WebhooksOptions): Promise<Webhooks> {
    const webhooks = new Webhooks(options)
    const { waiting, dead } = (await options.file?.read()) ?? { waiting: [], dead: [] }
    webhooks.#waiting = waiting
    webhooks.#dead = dead
    webhooks.#arm()
    return webhooks
  }

  get state(): WebhookState {
    return { waiting: this.#waiting, dead: this.#dead }
  }

  /** Something was stored in that document. */
  changed(name: string): void {
    if (this.#signers.size > 0) this.#changes.changed(name)
  }

  /** What was given up is tried once more, from the beginning. Resolves with how many that is. */
  async revive(): Promise<number> {
    const revived = this.#dead.map((one) => ({ ...one, attempts: 0, dueAt: Date.now() }))
    this.#dead = []
    this.#waiting = [...this.#waiting, ...revived]
    await this.#keep()
    this.#arm()
    return revived.length
  }

  /** What is not said yet is kept, and said after the next start. */
  async close(): Promise<void> {
    await this.#changes.finish()
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#keep()
  }

  async #enqueue(document: string): Promise<boolean> {
    const now = Date.now()
    const body = JSON.stringify({
      type: 'document.changed',
      timestamp: new Date(now).toISOString(),
      data: { document },
    })
    for (const url of this.#signers.keys()) {
      const waits = this.#waiting.some(
        (one) => one.url === url && one.document === document && !this.#saying.has(one.id),
      )
      if (waits) continue
      const id = `msg_${randomUUID()}`
      this.#waiting = [...this.#waiting, { id, url, document, body, attempts: 0, dueAt: now, why: null }]
    }
    this.#bound()
    await this.#keep()
    this.#arm()
    return true
  }

  #arm(): void {
    if (this.#isClosed) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const dues = this.#waiting.filter(({ id }) => !this.#saying.has(id)).map(({ dueAt }) => dueAt)
    this.#timer =
      dues.length === 0 ? null : setTimeout(() => this.#sayDue(), Math.max(0, Math.min(...dues) - Date.now()))
    this.#timer?.unref()
  }

  #sayDue(): void {
    const now = Date.now()
    for (const one of this.#waiting) if (one.dueAt <= now && !this.#saying.has(one.id)) void this.#say(one)
    this.#arm()
  }

  async #say(one: Delivery): Promise<void> {
    this.#saying.add(one.id)
    const failure = await this.#post(one)
    // It still counts as unsaid: its receiver tells by the id that it heard it before.
    if (this.#isClosed) return
    this.#saying.delete(one.id)
    this.#waiting = this.#waiting.filter(({ id }) => id !== one.id)
    if (failure !== null) this.#failed(one, failure)
    this.#bound()
    await this.#keep()
    this.#arm()
  }

  #failed(one: Delivery, { why, isFinal }: Failure): void {
    const attempts = one.attempts + 1
    const waitMs = (this.#options.retriesMs ?? usualRetriesMs)[one.attempts]
    const { host } = new URL(one.url)
    this.#options.log('warn', 'webhookFailed', { host, document: one.document, attempts, why })
    if (isFinal || waitMs === undefined) this.#dead = [...this.#dead, { ...one, attempts, why }]
    // Many that failed together do not come back together.
    else
      this.#waiting = [
        ...this.#waiting,
        { ...one, attempts, why, dueAt: Date.now() + waitMs * (1 + Math.random() / 5) },
      ]
  }

  async #post({ id, url, body }: Delivery): Promise<Failure | null> {
    const signer = this.#signers.get(url)
    if (signer === undefined) return { why: 'this endpoint is not configured any more', isFinal: true }
    const now = new Date()
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'knotwork',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signer.sign(id, now, body),
    }
    try {
      const signal = AbortSignal.timeout(answerMsMax)
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await answer.body?.cancel()
      if (answer.ok) return null
      // Gone: its owner wants to hear no more.
      return { why: `it answered ${answer.status}`, isFinal: answer.status === 410 }
    } catch (thrown) {
      return { why: messageOf(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown), isFinal: false }
    }
  }

  #bound(): void {
    const dropped = Math.max(0, this.#dead.length - keptMax) + Math.max(0, this.#waiting.length - keptMax)
    if (dropped > 0) this.#options.log('error', 'webhooksDropped', { count: dropped })
    this.#dead = this.#dead.slice(-keptMax)
    this.#waiting = this.#waiting.slice(-keptMax)
  }

  async #keep(): Promise<void> {
    await this.#options.file?.write(this.state)
  }
}

interface Failure {
  readonly why: string
  readonly isFinal: boolean
}

function signerFor(url: string, secret: string): Webhook {
  if (!URL.canParse(url) || !/^https?:$/u.test(new URL(url).protocol)) {
    throw new KnotworkError('bad-address', `"${url}" is no address of an endpoint; one looks like https://host/path`)
  }
  const bytes = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64').byteLength
  if (!secret.startsWith('whsec_') || bytes < 24 || bytes > 64) {
    throw new KnotworkError('refused', 'the secret of a webhook is whsec_ and 24 to 64 bytes in base64')
  }
  return new Webhook(secret)
}
