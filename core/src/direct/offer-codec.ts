/**
 * What travels in a signal to open a direct link: varUint kind (0 offer, 1 answer, 2 refusal, 3 urgent offer), attempt
 * [8], text.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

const kinds = ['offer', 'answer', 'refusal', 'urgentOffer'] as const

export interface Proposal {
  readonly kind: (typeof kinds)[number]
  /** 8 random bytes of the one who offered; the answer repeats them. */
  readonly attempt: Uint8Array
  /** A session description with all its candidates, or why not. */
  readonly text: string
}

export function encodeProposal(proposal: Proposal): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, kinds.indexOf(proposal.kind))
    encoding.writeUint8Array(encoder, proposal.attempt)
    encoding.writeVarString(encoder, proposal.text)
  })
}

/** Total: null for what is no proposal. */
export function decodeProposal(bytes: Uint8Array): Proposal | null {
  try {
    const decoder = decoding.createDecoder(bytes)
    const kind = kinds[decoding.readVarUint(decoder)]
    if (kind === undefined) return null
    return { kind, attempt: decoding.readUint8Array(decoder, 8), text: decoding.readVarString(decoder) }
  } catch {
    return null
  }
}
