/**
 * What is signed on a link (PROTOCOL.md [TR4]): both hellos as they were sent, the signer's first. They name both ids
 * and both fresh nonces, so a signature is worth nothing on any other link, in the other direction, or later; and
 * nobody in between can take a feature out of a hello. `channel` binds the proof to the pipe below where that pipe
 * has a key of its own (DTLS fingerprints); it is empty on WebSocket and BroadcastChannel.
 */
import * as encoding from 'lib0/encoding'

const context = 'knotwork 1 link proof'

/** The hellos of both sides as bytes, and the channel they came over. */
export interface Greeting {
  readonly signerHello: Uint8Array
  readonly verifierHello: Uint8Array
  readonly channel: Uint8Array
}

export function transcriptOf(greeting: Greeting): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, context)
    encoding.writeVarUint8Array(encoder, greeting.signerHello)
    encoding.writeVarUint8Array(encoder, greeting.verifierHello)
    encoding.writeVarUint8Array(encoder, greeting.channel)
  })
}
