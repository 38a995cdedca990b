/** Server-sent events: an endless answer that its reader can leave and take up again. */
import type { Context } from 'hono'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import type { Visitors } from '../hooks/visitors.ts'
import { Rejected } from '../server/problem.ts'
import type { RestEnvironment } from './environment.ts'

/** Proxies close what is silent for a minute. */
const keepAliveMs = 20_000
const lastWordsMs = 1_000
/** A connection each; the others are for requests. */
const streamsMax = 200

export interface StreamedEvent {
  readonly event: string
  readonly data: unknown
  readonly id?: string
}

/** One reader. `queuedBytes` is what it has not taken yet. */
export class EventStream {
  readonly #stream: SSEStreamingApi
  readonly #ended: () => void
  #queuedBytes = 0
  #written: Promise<void> = Promise.resolve()

  constructor(stream: SSEStreamingApi, ended: () => void) {
    this.#stream = stream
    this.#ended = ended
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  send({ event, data, id }: StreamedEvent): void {
    const text = JSON.stringify(data)
    this.#queuedBytes += text.length
    const message = { event, data: text, ...(id === undefined ? {} : { id }) }
    this.#written = this.#stream.writeSSE(message).then(() => void (this.#queuedBytes -= text.length))
  }

  /** Once its last words are out, or nobody takes them. */
  close(): void {
    const timer = setTimeout(this.#ended, lastWordsMs)
    void this.#written.then(() => {
      clearTimeout(timer)
      this.#ended()
    })
  }
}

export class EventStreams {
  readonly #visitors: Visitors
  #open = 0

  constructor(visitors: Visitors) {
    this.#visitors = visitors
  }

  /** Answers with a stream. `begin` is called once it is open, and what it returns once it is closed. */
  answer(c: Context<RestEnvironment>, begin: (stream: EventStream) => () => void): Response {
    if (this.#open >= streamsMax) {
      const detail = `this peer has ${streamsMax} readers of events, and takes no more`
      throw new Rejected({ status: 503, code: 'full', detail })
    }
    this.#open++
    // Some proxies would gather what comes.
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async (stream) => {
      const { promise, resolve } = promiseWithResolve()
      stream.onAbort(resolve)
      const keepAlive = setInterval(() => void stream.write(':\n\n'), keepAliveMs)
      const events = new EventStream(stream, resolve)
      const leave = this.#visitors.entered(c.get('visit'), c.get('permission'), (code, reason) => {
        events.send({ event: 'closed', data: { code, reason } })
        events.close()
      })
      const end = begin(events)
      await promise
      clearInterval(keepAlive)
      end()
      leave()
      this.#open--
    })
  }
}

function promiseWithResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
