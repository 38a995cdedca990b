import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** A TypeScript file of this repository running as a process of its own, straight from the sources. */
export class SourceProcess implements AsyncDisposable {
  readonly lines: string[] = []
  /** All it wrote to stderr. */
  errors = ''
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #ended: Promise<number | null>

  /** `file` relative to the root of the repository. */
  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const command = ['--import', 'tsx', '--conditions=@knotwork/source', file, ...args]
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([key]) => !/^(KNOTWORK|VITEST|NODE_ENV)/u.test(key)),
    )
    this.#child = spawn(process.execPath, command, {
      cwd: root,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface(this.#child.stdout).on('line', (line) => void this.lines.push(line))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.#ended = once(this.#child, 'close').then(() => this.#child.exitCode)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The exit code, null after a signal, undefined while it runs. */
  get exit(): number | null | undefined {
    return this.#child.exitCode ?? (this.#child.signalCode === null ? undefined : null)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Its exit code once it has ended; null when a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended
  }

  /** Resolves when `condition` holds; rejects when it does not within `withinMs`, or the process ends before. */
  async until(condition: () => boolean, withinMs = 30_000): Promise<void> {
    for (const start = performance.now(); !condition();) {
      const hasEnded = this.exit !== undefined
      if (hasEnded || performance.now() - start > withinMs) {
        throw new Error(
          `${hasEnded ? 'the process ended' : `not within ${withinMs} ms`}: ${this.lines.join('\n')}\n${this.errors}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
