/** A TCP proxy that notes what passes after the WebSocket handshake, takes its time, and can cut the line. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'

const endOfHeaders = Buffer.from('\r\n\r\n')
/** A ping and its pong, and whatever else keeps a line alive. */
const idleBytes = 100
/**
 * An answer passes here half a round trip after what it answers, and what it took to find. When nothing has for longer,
 * it is over: what is said later is another matter.
 */
const pauseRoundTrips = 0.9

interface Chunk {
  readonly at: number
  readonly bytes: number
}

export interface Traffic {
  readonly bytes: number
  /** From the first byte to the last before a pause that was more than a ping, in round trips of the line. */
  readonly roundTrips: number
}

export class Meter implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #delayMs: number
  readonly #sockets = new Set<Socket>()
  #isCut = false
  #chunks: Chunk[] = []

  private constructor(server: Server, delayMs: number) {
    this.#server = server
    this.#delayMs = delayMs
    this.port = (server.address() as AddressInfo).port
  }

  /** `delayMs`: how long everything is on its way, in each direction. */
  static async before(target: number, delayMs = 0): Promise<Meter> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const meter = new Meter(server, delayMs)
    server.on('connection', (socket) => meter.#join(socket, target))
    return meter
  }

  reset(): void {
    this.#chunks = []
  }

  /** Ends all that passes, and lets nothing through until `mend`. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  /** Waits until nothing but pings has passed for `quietMs`, and tells what had until then. */
  async untilQuiet(quietMs: number, msMax: number): Promise<Traffic> {
    const start = performance.now()
    for (;;) {
      await passed(20)
      const now = performance.now()
      const isQuiet = this.#chunks.length > 0 && this.#bytesSince(now - quietMs) <= idleBytes
      if ((isQuiet && now - start > quietMs) || now - start > msMax) return this.#traffic(quietMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #bytesSince(time: number): number {
    let bytes = 0
    for (let index = this.#chunks.length - 1; index >= 0; index--) {
      const chunk = this.#chunks[index]
      if (chunk === undefined || chunk.at < time) break
      bytes += chunk.bytes
    }
    return bytes
  }

  #traffic(quietMs: number): Traffic {
    const quietSince = performance.now() - quietMs
    const active = this.#chunks.filter(({ at }) => at < quietSince)
    const bytes = active.reduce((sum, chunk) => sum + chunk.bytes, 0)
    return { bytes, roundTrips: roundTripsOf(active, 2 * this.#delayMs) }
  }

  #join(near: Socket, target: number): void {
    if (this.#isCut) {
      near.destroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true })
    this.#pipe(near, far)
    this.#pipe(far, near)
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    let isOpen = false
    from.on('data', (chunk: Buffer) => {
      let bytes = chunk.byteLength
      if (!isOpen) {
        // A handshake comes in one packet here.
        const end = chunk.indexOf(endOfHeaders)
        isOpen = end !== -1
        bytes -= isOpen ? end + endOfHeaders.byteLength : bytes
      }
      if (bytes > 0) this.#chunks.push({ at: performance.now(), bytes })
      if (this.#delayMs === 0) to.write(chunk)
      else setTimeout(() => void (to.destroyed || to.write(chunk)), this.#delayMs)
    })
    const ended = (): void => {
      this.#sockets.delete(from)
      to.destroy()
    }
    from.on('error', ended)
    from.on('close', ended)
  }
}

function roundTripsOf(chunks: readonly Chunk[], roundTripMs: number): number {
  const words = chunks.filter(({ bytes }) => bytes > 8)
  const first = words[0]?.at
  if (roundTripMs === 0 || first === undefined) return Number.NaN
  let last = first
  for (const { at } of words) {
    if (at - last > pauseRoundTrips * roundTripMs) break
    last = at
  }
  return (last - first) / roundTripMs
}
