/** The process in which a peer's bridges run: started with the first of them, and again when it ends by itself. */
import { fork, type ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bridgeLimits } from './bridge-limits.ts'
import type { FromBridges, ToBridges } from './bridge-messages.ts'

export interface BridgeProcessEvents {
  received(message: FromBridges): void
  /** It is gone, and with it all rooms. */
  ended(): void
}

export class BridgeProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  #queuedBytes = 0

  constructor(events: BridgeProcessEvents) {
    this.#child = started()
    this.#child.on('message', (message) => events.received(message as FromBridges))
    this.#child.on('error', () => undefined)
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve()
        events.ended()
      })
    })
  }

  /** Bytes that it has not taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  send(message: ToBridges): void {
    if (!this.#child.connected) return
    const sizeBytes = message.type === 'toRoom' ? message.frame.byteLength : 0
    this.#queuedBytes += sizeBytes
    this.#child.send(message, () => {
      this.#queuedBytes -= sizeBytes
    })
  }

  /** Resolves when it is gone: by itself, now that it is alone, or else by force. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), bridgeLimits.closeMs)
    await this.#gone
    clearTimeout(force)
  }
}

function started(): ChildProcess {
  // Beside this file, as source or compiled.
  const own = fileURLToPath(import.meta.url)
  const main = own.replace(/bridge-process\.(ts|js)$/u, 'bridges-main.$1')
  const execArgv = own.endsWith('.ts') ? ['--import', 'tsx', '--conditions=@knotwork/source'] : []
  // From here tsx is found wherever the peer was started.
  return fork(main, {
    cwd: dirname(own),
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}
