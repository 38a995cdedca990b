/** Who is in, with what permission, and how to end that: rules change while people are connected. */
import { closeCode, documentBehind } from '@knotwork/core'
import type { HookCalls } from './hook-calls.ts'
import type { Hooks, Permission, Visit } from './hooks.ts'

export type Granted = Exclude<Permission, 'refused'>

/** Ends a visit with a close code and a reason. */
export type Cut = (code: number, reason: string) => void

interface Visitor {
  readonly visit: Visit
  readonly permission: Granted
  readonly cut: Cut
}

export class Visitors {
  readonly #hooks: Hooks
  readonly #calls: HookCalls
  readonly #visitors = new Set<Visitor>()

  constructor(hooks: Hooks, calls: HookCalls) {
    this.#hooks = hooks
    this.#calls = calls
  }

  /** Whether the app decides who may come in; otherwise the shared token does. */
  get hasRules(): boolean {
    return this.#hooks.onAuthenticate !== undefined
  }

  /** Whether anybody wants to know who is in: otherwise nothing is kept of them. */
  get isWatched(): boolean {
    return this.hasRules || this.#hooks.onConnect !== undefined || this.#hooks.onDisconnect !== undefined
  }

  /** [HK1] What the app allows; without a rule, everything. */
  async permissionOf(visit: Visit): Promise<Permission> {
    const { onAuthenticate } = this.#hooks
    if (onAuthenticate === undefined) return 'read-write'
    // Whoever may not have a document may not have its versions either.
    const documentName = visit.documentName === null ? null : documentBehind(visit.documentName)
    const ask = (): ReturnType<typeof onAuthenticate> => onAuthenticate({ ...visit, documentName })
    const answer = await this.#calls.ask<Permission>('onAuthenticate', ask, 'refused')
    // Whatever else somebody's JavaScript returns is no permission.
    return answer === 'read-write' || answer === 'readonly' ? answer : 'refused'
  }

  /** Somebody is in; call what it returns when that is over. */
  entered(visit: Visit, permission: Granted, cut: Cut): () => void {
    const visitor: Visitor = { visit, permission, cut }
    this.#visitors.add(visitor)
    const { onConnect } = this.#hooks
    if (onConnect !== undefined) this.#calls.tell('onConnect', () => onConnect(visit))
    return () => this.#left(visitor)
  }

  /** [HK3] Asks again for everybody who is in, and ends what is not allowed any more. */
  async reauthenticate(): Promise<void> {
    await Promise.all([...this.#visitors].map((visitor) => this.#askAgain(visitor)))
  }

  async #askAgain(visitor: Visitor): Promise<void> {
    const permission = await this.permissionOf(visitor.visit)
    if (permission === visitor.permission || !this.#visitors.has(visitor)) return
    if (permission === 'refused') visitor.cut(closeCode.forbidden, 'access to this document was taken away')
    else visitor.cut(closeCode.unavailable, 'access to this document has changed: come back')
  }

  #left(visitor: Visitor): void {
    if (!this.#visitors.delete(visitor)) return
    const { onDisconnect } = this.#hooks
    if (onDisconnect !== undefined) this.#calls.tell('onDisconnect', () => onDisconnect(visitor.visit))
  }
}
