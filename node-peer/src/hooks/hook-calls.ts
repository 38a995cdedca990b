/** Calls hooks so that none of them can hurt: what they throw is logged, and nobody waits for them without end. */
import { messageOf, type Log } from '@knotwork/core'

/** A hook asks a database or another service; who takes longer has failed. */
export const hookMsMax = 10_000

export class HookCalls {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  /** What a hook answers; `otherwise` where it fails or takes too long. */
  async ask<Value>(name: string, call: () => Value | Promise<Value>, otherwise: Value): Promise<Value> {
    const result = await this.attempt(name, call)
    return result.ok ? result.value : otherwise
  }

  /** Nobody waits for it. */
  tell(name: string, call: () => void | Promise<void>): void {
    void this.attempt(name, call)
  }

  async attempt<Value>(
    name: string,
    call: () => Value | Promise<Value>,
  ): Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false }> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${hookMsMax} ms`)), hookMsMax)
    })
    try {
      // In a function of its own: one that throws before it returns a promise must not get past here.
      const answer = (async () => call())()
      return { ok: true, value: await Promise.race([answer, late]) }
    } catch (thrown) {
      this.#log('error', 'hookFailed', { hook: name, why: messageOf(thrown) })
      return { ok: false }
    } finally {
      clearTimeout(timer)
    }
  }
}
