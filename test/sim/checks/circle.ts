/** Who must agree on a document at rest: those who keep it or have it open, as far as links between them reach. */
import type { Machine } from '../actors/machine.ts'
import type { StockClient } from '../actors/stock-client.ts'
import type { Plan } from '../plan/plan.ts'

export interface Circle {
  readonly document: string
  readonly machines: readonly Machine[]
  readonly clients: readonly StockClient[]
}

export interface Cast {
  readonly plan: Plan
  readonly machines: readonly Machine[]
  readonly clients: readonly StockClient[]
}

export function takesPart(machine: Machine, document: string): boolean {
  return machine.isUp && (machine.plan.keeps || machine.app?.document(document) !== undefined)
}

export function circlesOf(cast: Cast, document: string): readonly Circle[] {
  const left = new Set(cast.machines.filter((machine) => takesPart(machine, document)))
  const circles: Circle[] = []
  for (const first of left) {
    const machines: Machine[] = [first]
    left.delete(first)
    for (const machine of machines) {
      for (const other of neighboursOf(cast, machine)) if (left.delete(other)) machines.push(other)
    }
    const clients = cast.clients.filter(
      (client) => client.documentName === document && machines.some((machine) => machine.index === client.server),
    )
    circles.push({ document, machines, clients })
  }
  return circles
}

/** Living machines with a link to this one in the plan. */
export function neighboursOf({ plan, machines }: Cast, machine: Machine): readonly Machine[] {
  const { index } = machine
  return machines.filter(
    (other) =>
      other.isUp &&
      plan.edges.some(([a, b]) => (a === index && b === other.index) || (b === index && a === other.index)),
  )
}
