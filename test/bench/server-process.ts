/** A server in a process of its own, and what it costs: CPU time, memory, bytes written to disk. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface Usage {
  readonly cpuMs: number
  readonly rss: number
  /** Heap and what hangs on it. */
  readonly used: number
  readonly written: number
}

const probe = fileURLToPath(new URL('probe.mjs', import.meta.url))
const startMsMax = 30_000
const stopMsMax = 20_000
const restMsMax = 240_000
/** More of one core than this is somebody who still writes what he was given. */
const busyShare = 0.05
const busyMsMin = 20

export class ServerProcess implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcess
  readonly #asked = new Map<number, (usage: Usage) => void>()
  #lastId = 0
  #output = ''

  private constructor(port: number, args: readonly string[]) {
    this.port = port
    const nodeArgs = ['--expose-gc', '--import', probe]
    const profile = process.env['BENCH_PROFILE']
    if (profile !== undefined) nodeArgs.push('--cpu-prof', `--cpu-prof-dir=${profile}`)
    this.#child = spawn(process.execPath, [...nodeArgs, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const noted = (text: Buffer): void => {
      this.#output = (this.#output + text.toString()).slice(-4_000)
    }
    this.#child.stdout?.on('data', noted)
    this.#child.stderr?.on('data', noted)
    this.#child.on('message', (message) => {
      const { id, usage } = message as { id: number; usage: Usage }
      this.#asked.get(id)?.(usage)
      this.#asked.delete(id)
    })
  }

  /** Resolves when the port takes connections. */
  static async start(port: number, args: readonly string[]): Promise<ServerProcess> {
    const server = new ServerProcess(port, args)
    try {
      await server.#listening()
      return server
    } catch (thrown) {
      await server.stop('SIGKILL')
      throw thrown
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  usage(): Promise<Usage> {
    return this.#ask('usage')
  }

  /** The same after collecting garbage. */
  settled(): Promise<Usage> {
    return this.#ask('settle')
  }

  /** Resolves when it has neither computed nor written anything worth mentioning for so long: what it was given is stored. */
  async atRest(ms: number): Promise<void> {
    const start = performance.now()
    for (let before = await this.usage(); ;) {
      await passed(ms)
      const after = await this.usage()
      const isAtRest = after.cpuMs - before.cpuMs < busyMsMin + ms * busyShare && after.written === before.written
      if (isAtRest || performance.now() - start > restMsMax) return
      before = after
    }
  }

  /** Ends it, and by force when it does not go. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.hasEnded) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const force = setTimeout(() => this.#child.kill('SIGKILL'), stopMsMax)
    await ended
    clearTimeout(force)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #ask(ask: 'usage' | 'settle'): Promise<Usage> {
    if (this.hasEnded) return Promise.reject(new Error(`the server has ended: ${this.#output}`))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#asked.set(id, resolve)
      this.#child.send({ ask, id }, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  async #listening(): Promise<void> {
    const start = performance.now()
    while (!(await takesConnections(this.port))) {
      if (this.hasEnded || performance.now() - start > startMsMax) {
        throw new Error(`the server does not listen: ${this.#output}`)
      }
      await passed(5)
    }
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
