/** As much of each server's wire as a client needs to come in, to write, and to see what others wrote. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

export type Heard =
  | { readonly type: 'question' }
  /** Something of the document: an edit, or all that was asked for. */
  | { readonly type: 'update'; readonly isAnswer: boolean; readonly update: Uint8Array }
  | { readonly type: 'other' }

export interface Wire {
  path(room: string): string
  /** What a client that holds `stateVector` says first. */
  greeting(room: string, stateVector: Uint8Array): readonly Uint8Array[]
  /** An answer to the server's question: there is nothing more here. */
  nothingMore(room: string): Uint8Array | null
  update(room: string, update: Uint8Array): Uint8Array
  hear(message: Uint8Array): Heard
  /** Whether the greeting is answered by an update. */
  readonly answers: boolean
}

const emptyUpdate = Uint8Array.of(0, 0)
const other: Heard = { type: 'other' }
const question: Heard = { type: 'question' }

type Prefix = (encoder: encoding.Encoder) => void

function syncMessage(prefix: Prefix, kind: 0 | 1 | 2, bytes: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    prefix(encoder)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, kind)
    encoding.writeVarUint8Array(encoder, bytes)
  })
}

function hearSync(decoder: decoding.Decoder): Heard {
  const channel = decoding.readVarUint(decoder)
  // 4: Hocuspocus' answer that wants none.
  if (channel !== 0 && channel !== 4) return other
  const kind = decoding.readVarUint(decoder)
  if (kind === 0) return question
  return { type: 'update', isAnswer: kind === 1, update: decoding.readVarUint8Array(decoder) }
}

function plainWire(root: string): Wire {
  const none: Prefix = () => undefined
  return {
    answers: true,
    path: (room) => `${root}/${room}`,
    greeting: (_room, stateVector) => [syncMessage(none, 0, stateVector)],
    nothingMore: () => syncMessage(none, 1, emptyUpdate),
    update: (_room, update) => syncMessage(none, 2, update),
    hear: (message) => hearSync(decoding.createDecoder(message)),
  }
}

/** y-websocket's wire at y-websocket's place. */
export const yWebsocketWire = plainWire('')
/** The same where a node peer speaks it. */
export const knotworkWire = plainWire('/yjs')

const named =
  (room: string): Prefix =>
  (encoder) =>
    encoding.writeVarString(encoder, room)

export const hocuspocusWire: Wire = {
  answers: true,
  path: () => '/',
  greeting: (room, stateVector) => [
    encoding.encode((encoder) => {
      named(room)(encoder)
      encoding.writeVarUint(encoder, 2)
      encoding.writeVarUint(encoder, 0)
      encoding.writeVarString(encoder, '')
    }),
    syncMessage(named(room), 0, stateVector),
  ],
  nothingMore: (room) => syncMessage(named(room), 1, emptyUpdate),
  update: (room, update) => syncMessage(named(room), 2, update),
  hear: (message) => {
    const decoder = decoding.createDecoder(message)
    // The name, whatever it is.
    decoding.readVarUint8Array(decoder)
    return hearSync(decoder)
  },
}

/** No wire at all: an edit is its update. */
export const rawWire: Wire = {
  answers: false,
  path: (room) => `/${room}`,
  greeting: () => [],
  nothingMore: () => null,
  update: (_room, update) => update,
  hear: (message) => ({ type: 'update', isAnswer: false, update: message }),
}
