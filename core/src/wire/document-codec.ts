/**
 * Messages about one document to bytes and back; see `codec.ts`. What is the same for every neighbour is encoded once.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { digestFrom, type Digest } from '../ids.ts'
import { limits } from '../limits.ts'
import { unreachable } from '../result.ts'
import { readBytes, readList, readNumber, readUint64 } from './fields.ts'
import { messageType } from './message-type.ts'
import type { DocumentMessage, Have, LinkMessage } from './message.ts'

const digestBytes = 8

/**
 * The part of a document message that is the same for every neighbour: encode it once, put `frameOf`'s few bytes in
 * front for each (PROTOCOL.md [BR2]).
 */
export function encodeBody(message: DocumentMessage): Uint8Array {
  return encoding.encode((encoder) => {
    switch (message.type) {
      case 'have':
        writeHave(encoder, message.have)
        return
      case 'digest':
        encoding.writeUint8Array(encoder, message.digest)
        encoding.writeUint8(encoder, message.answer ? 1 : 0)
        return
      case 'missing':
        encoding.writeUint8Array(encoder, message.digest)
        encoding.writeVarUint8Array(encoder, message.update)
        return
      case 'updates':
        encoding.writeVarUint(encoder, message.updates.length)
        for (const update of message.updates) encoding.writeVarUint8Array(encoder, update)
        return
      case 'presence':
        encoding.writeVarUint8Array(encoder, message.states)
        return
      case 'announce':
        encoding.writeVarUint(encoder, message.ids.size)
        for (const [client, clock] of message.ids) {
          encoding.writeVarUint(encoder, client)
          encoding.writeVarUint(encoder, clock)
        }
        return
      case 'reach':
        encoding.writeVarUint(encoder, message.version)
        encoding.writeVarUint(encoder, message.known)
        encoding.writeVarUint(encoder, message.names.length)
        for (const name of message.names) encoding.writeBigUint64(encoder, name)
        return
      case 'stored':
      case 'prune':
      case 'presenceQuery':
        return
      default:
        unreachable(message)
    }
  })
}

/**
 * A document message for one neighbour: type, number and, where it has one, sequence; then the shared body; then the
 * version of the list that holds for this neighbour, where there is one.
 */
export function frameOf(number: number, message: DocumentMessage, body: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, messageType[message.type])
    encoding.writeVarUint(encoder, number)
    if ('sequence' in message) encoding.writeVarUint(encoder, message.sequence)
    encoding.writeUint8Array(encoder, body)
    if ('reach' in message && message.reach !== undefined) encoding.writeVarUint(encoder, message.reach)
  })
}

export function writeHave(encoder: encoding.Encoder, have: Have): void {
  encoding.writeVarUint8Array(encoder, have.stateVector)
  encoding.writeUint8Array(encoder, have.deletes)
}

/** Null where the type is none about a document. */
export function readDocumentMessage(decoder: decoding.Decoder, type: number): LinkMessage | null {
  const about = (read: () => DocumentMessage): LinkMessage => {
    const number = readNumber(decoder)
    return { type: 'document', number, message: read() }
  }
  switch (type) {
    case messageType.have:
      return about(() => ({ type: 'have', have: readHave(decoder) }))
    case messageType.digest:
      return about(() => ({
        type: 'digest',
        sequence: readNumber(decoder),
        digest: readDigest(decoder),
        answer: decoding.readUint8Array(decoder, 1)[0] === 1,
      }))
    case messageType.missing:
      return about(() => ({
        type: 'missing',
        sequence: readNumber(decoder),
        digest: readDigest(decoder),
        update: readBytes(decoder, limits.messageBytesMax),
      }))
    case messageType.updates:
      return about(() => ({
        type: 'updates',
        sequence: readNumber(decoder),
        updates: readList(decoder, limits.updatesPerMessageMax, (from) => readBytes(from, limits.liveUpdateBytesMax)),
        ...readReach(decoder),
      }))
    case messageType.stored:
      return about(() => ({ type: 'stored', sequence: readNumber(decoder) }))
    case messageType.presence:
      return about(() => ({
        type: 'presence',
        states: readBytes(decoder, limits.frameBytesMax),
        ...readReach(decoder),
      }))
    case messageType.presenceQuery:
      return about(() => ({ type: 'presenceQuery' }))
    case messageType.prune:
      return about(() => ({ type: 'prune' }))
    case messageType.announce:
      return about(() => ({
        type: 'announce',
        ids: new Map(readList(decoder, limits.clientsMax, (from) => [readNumber(from), readNumber(from)] as const)),
      }))
    case messageType.reach:
      return about(() => ({
        type: 'reach',
        version: readNumber(decoder),
        known: readNumber(decoder),
        names: readList(decoder, limits.reachMax, readUint64),
      }))
    default:
      return null
  }
}

/** What older peers do not send. */
function readReach(decoder: decoding.Decoder): { readonly reach?: number } {
  return decoding.hasContent(decoder) ? { reach: readNumber(decoder) } : {}
}

export function readHave(decoder: decoding.Decoder): Have {
  return { stateVector: readBytes(decoder, limits.frameBytesMax), deletes: readDigest(decoder) }
}

function readDigest(decoder: decoding.Decoder): Digest {
  return digestFrom(decoding.readUint8Array(decoder, digestBytes))
}
