/**
 * What every Transport must do: memory, WebSocket and BroadcastChannel run these same cases. A frame has 1 to
 * `limits.frameBytesMax` bytes; nobody sends an empty one.
 */
import type { ContractCase } from '@knotwork/core/contracts'
import { transportClosingCases } from './transport-closing.ts'
import { transportDiallingCases } from './transport-dialling.ts'
import { transportFrameCases } from './transport-frames.ts'
import type { TransportSubject } from './transport-subject.ts'

export { LinkEnds, type TransportSubject } from './transport-subject.ts'

export const transportCases: readonly ContractCase<TransportSubject>[] = [
  ...transportFrameCases,
  ...transportClosingCases,
  ...transportDiallingCases,
]
