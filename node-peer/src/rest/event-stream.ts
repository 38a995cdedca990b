/** Server-sent events: an endless answer that its reader can leave and take up again. */
import type { Context } from 'hono'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import { Rejected } from '../server/problem.ts'

/** Proxies close what is silent for a minute. */
const keepAliveMs = 20_000
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
    void this.#stream.writeSSE(message).then(() => (this.#queuedBytes -= text.length))
  }

  close(): void {
    this.#ended()
  }
}

export class EventStreams {
  #open = 0

  /** Answers with a stream. `begin` is called once it is open, and what it returns once it is closed. */
  answer(c: Context, begin: (stream: EventStream) => () => void): Response {
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
      const end = begin(new EventStream(stream, resolve))
      await promise
      clearInterval(keepAlive)
      end()
      this.#open--
    })
  }
}

function promiseWithResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
