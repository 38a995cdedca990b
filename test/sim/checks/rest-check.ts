/** The world at rest: everybody who takes part holds the same, shows the same, has it on disk, and says so. */
import * as Y from 'yjs'
import { render, roots } from '../actors/document-edit.ts'
import type { CheckName } from '../world/violation.ts'
import { describe } from './acknowledgement-check.ts'
import { circlesOf, neighboursOf, takesPart, type Cast, type Circle } from './circle.ts'
import type { Ledger } from './ledger.ts'
import { holds } from './update-content.ts'

export interface Finding {
  readonly check: CheckName
  readonly what: string
}

interface View {
  readonly label: string
  readonly doc: Y.Doc
}

export class RestCheck {
  readonly #cast: Cast
  readonly #ledger: Ledger

  constructor(cast: Cast, ledger: Ledger) {
    this.#cast = cast
    this.#ledger = ledger
  }

  /** The first thing that is not as it must be at rest, presence last; null when all is well. */
  find(): Finding | null {
    const circles = this.#cast.plan.documents.flatMap((document) => circlesOf(this.#cast, document))
    return firstOf(circles, (circle) => this.#findIn(circle)) ?? firstOf(circles, findPresence)
  }

  #findIn(circle: Circle): Finding | null {
    const views = this.#viewsOf(circle)
    return this.#findDifference(circle, views) ?? this.#findLost(circle, views) ?? this.#findStatus(circle)
  }

  #viewsOf({ document, machines, clients }: Circle): readonly View[] {
    const opened = machines.flatMap((machine) => {
      const open = machine.app?.document(document)
      return open === undefined ? [] : [{ label: `m${machine.index}'s app`, doc: open.handle.doc }]
    })
    const disks = machines.map(({ index, disk }) => ({ label: `m${index}'s log`, doc: disk.shadow(document) }))
    return [...opened, ...disks, ...clients.map(({ label, doc }) => ({ label, doc }))]
  }

  #findDifference({ document }: Circle, views: readonly View[]): Finding | null {
    const [first, ...others] = views
    if (first === undefined) return null
    const [snapshot, content] = [snapshotOf(first.doc), render(first.doc)]
    for (const other of others) {
      const what = `${document}: ${first.label} and ${other.label}`
      if (snapshotOf(other.doc) !== snapshot) {
        return { check: 'converged', what: `${what} differ: ${stateOf(first.doc)} and ${stateOf(other.doc)}` }
      }
      if (render(other.doc) !== content) {
        return { check: 'converged', what: `${what} have one state and two contents: ${content} ${render(other.doc)}` }
      }
    }
    const isDamaged = this.#cast.machines.some((machine) => machine.disk.isDamaged(document))
    for (const { label, doc } of views) {
      const { pendingStructs, pendingDs } = doc.store
      // A damaged record that nobody else has leaves what was built on it waiting, at the one who had it.
      if (isDamaged || (pendingStructs === null && pendingDs === null)) continue
      return { check: 'nothing-pending', what: `${document}: something waits in ${label}` }
    }
    return null
  }

  #findLost({ document, machines }: Circle, views: readonly View[]): Finding | null {
    const doc = views[0]?.doc
    if (doc === undefined) return null
    const kept = new Set(doc.getArray<string>(roots.kept).toArray())
    const erasable = new Set(doc.getArray<string>(roots.erasable).toArray())
    for (const edit of this.#ledger.of(document)) {
      const holder = machines.find((machine) => edit.heldBy.has(machine.index))
      if (holder === undefined) continue
      const isThere =
        holds(doc, edit.content) &&
        edit.tokens.every((token) => kept.has(token)) &&
        edit.erased.every((token) => !erasable.has(token))
      if (!isThere)
        return { check: 'nothing-lost', what: `${describe(edit)} was on m${holder.index}'s disk and is gone` }
    }
    return null
  }

  /** [status-at-rest] With a partner beside it everybody is level, and everything made here is stored there. */
  #findStatus({ document, machines }: Circle): Finding | null {
    for (const machine of machines) {
      const status = machine.app?.document(document)?.handle.status.value
      const partners = neighboursOf(this.#cast, machine).filter((other) => takesPart(other, document))
      if (status === undefined || partners.length === 0) continue
      const hasDisks = partners.some((partner) => !partner.isVolatile)
      const isRight =
        status.type === 'live' &&
        status.saved === (machine.isVolatile ? 'memory' : 'disk') &&
        (!hasDisks || (status.pending === 0 && status.storedOn > 0))
      // [ME3] Keepers that have gone to sleep over an idle document take no part until something changes.
      const mayAllSleep = machine.plan.keeps && partners.every((partner) => partner.plan.keeps)
      const isAsleep = mayAllSleep && status.type === 'looking' && (!hasDisks || status.pending === 0)
      if (isRight || isAsleep) continue
      const what = `m${machine.index} ${document}: ${JSON.stringify(status)} at rest, beside ${partners.length} partners`
      return { check: 'status-at-rest', what }
    }
    return null
  }
}

function firstOf(circles: readonly Circle[], find: (circle: Circle) => Finding | null): Finding | null {
  for (const circle of circles) {
    const finding = find(circle)
    if (finding !== null) return finding
  }
  return null
}

function findPresence({ document, machines, clients }: Circle): Finding | null {
  const expected = new Map<number, string>()
  const seen: { readonly label: string; readonly states: ReadonlyMap<number, unknown> }[] = []
  for (const machine of machines) {
    const presence = machine.app?.document(document)?.handle.presence
    if (presence === undefined) continue
    const own = presence.getLocalState()
    if (own !== null) expected.set(presence.clientID, JSON.stringify(own))
    seen.push({ label: `m${machine.index}`, states: presence.getStates() })
  }
  for (const { label, awareness } of clients) {
    expected.set(awareness.clientID, JSON.stringify(awareness.getLocalState()))
    seen.push({ label, states: awareness.getStates() })
  }
  for (const { label, states } of seen) {
    const shown = [...states].map(([client, state]) => `${client}=${JSON.stringify(state)}`).sort()
    const wanted = [...expected].map(([client, state]) => `${client}=${state}`).sort()
    if (shown.join() === wanted.join()) continue
    return { check: 'presence-true', what: `${document}: ${label} sees ${shown.join()} instead of ${wanted.join()}` }
  }
  return null
}

export function snapshotOf(doc: Y.Doc): string {
  return Buffer.from(Y.encodeSnapshot(Y.snapshot(doc))).toString('latin1')
}

function stateOf(doc: Y.Doc): string {
  const clocks = [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b)
  const deleted = [...Y.snapshot(doc).ds.clients.values()].reduce((sum, ranges) => sum + ranges.length, 0)
  return `{${clocks.map(([client, clock]) => `${client}:${clock}`).join(' ')} -${deleted}}`
}
