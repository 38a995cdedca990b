/** The parent's end of a crew in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Crew } from './crew.ts'

type Method = Exclude<keyof Crew, symbol>

export interface Call {
  readonly id: number
  readonly method: Method
  readonly parameters: readonly unknown[]
}

export interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly failure?: string
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (thrown: Error) => void
}

export class RemoteCrew implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  constructor() {
    const clean = Object.entries(process.env).filter(([key]) => !/^(KNOTWORK|VITEST|NODE_ENV)/u.test(key))
    this.#child = fork(fileURLToPath(new URL('crew-process.ts', import.meta.url)), [], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: Object.fromEntries(clean),
      execArgv: ['--import', 'tsx', '--conditions=@knotwork/source'],
    })
    this.#ended = once(this.#child, 'close')
    this.#child.on('message', (reply: Reply) => this.#answered(reply))
    this.#child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the process of these peers has ended'))
      this.#waiting.clear()
    })
  }

  call<Name extends Method>(
    method: Name,
    ...parameters: Parameters<Crew[Name]>
  ): Promise<Awaited<ReturnType<Crew[Name]>>> {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const call: Call = { id, method, parameters }
      this.#child.send(call, (failure) => {
        if (failure !== null && this.#waiting.delete(id)) reject(failure)
      })
    })
  }

  /** The power goes out. */
  async crash(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash()
  }

  #answered({ id, result, failure }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (failure === undefined) waiting?.resolve(result as never)
    else waiting?.reject(new Error(failure))
  }
}
