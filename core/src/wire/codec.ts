/**
 * Messages to bytes and back. Decoding is total: whatever the bytes, it returns, and it allocates no more than a
 * small multiple of what it was given (PROTOCOL.md [WI1], [WI4], [WI5]).
 *
 * varUint: 7 bits a byte, low first. varString: varUint(byte length) + UTF-8. bytes: varUint(length) + bytes.
 * A message is varUint(type) + body. Bytes after the last known field of a body are ignored: that is how a later
 * version adds fields. An unknown type is `skipped`, not an error: that is how it adds messages.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { limits } from '../limits.ts'
import { err, messageOf, ok, unreachable, type Result } from '../result.ts'
import { readBytes, readList, readNumber, readText, readUint32, readUint64 } from './fields.ts'
import { encodeBody, frameOf, readDocumentMessage, readHave, writeHave } from './document-codec.ts'
import { messageType } from './message-type.ts'
import { protocolVersion, type CodedSymbol, type DeclineReason, type LinkMessage } from './message.ts'

const declineReasons: readonly DeclineReason[] = ['absent', 'limit', 'failed']

const addressBytes = 40
const signalIdBytes = 8

/** The bytes of a message, to be sent as one frame, or in parts when they are more than `limits.frameBytesMax`. */
export function encodeMessage(message: LinkMessage): Uint8Array {
  return message.type === 'document'
    ? frameOf(message.number, message.message, encodeBody(message.message))
    : encoding.encode((encoder) => writeLinkMessage(encoder, message))
}

type PlainMessage = Exclude<LinkMessage, { type: 'document' }>

function writeLinkMessage(encoder: encoding.Encoder, message: PlainMessage): void {
  encoding.writeVarUint(encoder, messageType[message.type])
  switch (message.type) {
    case 'hello':
      encoding.writeVarUint(encoder, message.version)
      encoding.writeUint8Array(encoder, message.publicKey)
      encoding.writeUint8Array(encoder, message.nonce)
      encoding.writeUint8Array(encoder, message.instance)
      encoding.writeVarUint(encoder, message.features.length)
      for (const name of message.features) encoding.writeVarString(encoder, name)
      return
    case 'prove':
      encoding.writeVarUint8Array(encoder, message.signature)
      encoding.writeVarUint8Array(encoder, message.tokenProof)
      return
    case 'ping':
    case 'pong':
      encoding.writeVarUint(encoder, message.stamp)
      return
    case 'part':
      encoding.writeVarUint(encoder, message.message)
      encoding.writeVarUint(encoder, message.index)
      encoding.writeVarUint(encoder, message.count)
      encoding.writeUint8Array(encoder, message.bytes)
      return
    case 'open':
      encoding.writeVarUint(encoder, message.number)
      encoding.writeVarString(encoder, message.name)
      writeHave(encoder, message.have)
      return
    case 'decline':
      encoding.writeVarUint(encoder, message.yours)
      encoding.writeVarUint(encoder, declineReasons.indexOf(message.reason))
      return
    case 'close':
      encoding.writeVarUint(encoder, message.number)
      return
    case 'unknown':
      encoding.writeVarUint(encoder, message.yours)
      return
    case 'signal':
      encoding.writeUint8Array(encoder, message.id)
      encoding.writeUint8Array(encoder, message.to)
      encoding.writeUint8Array(encoder, message.from)
      encoding.writeVarUint(encoder, message.hops)
      encoding.writeVarUint8Array(encoder, message.payload)
      return
    case 'unreachable':
      encoding.writeUint8Array(encoder, message.id)
      encoding.writeUint8Array(encoder, message.to)
      return
    case 'members':
      encoding.writeVarUint(encoder, message.yours)
      encoding.writeVarUint(encoder, message.members.length)
      for (const member of message.members) encoding.writeUint8Array(encoder, member)
      return
    case 'membersQuery':
      encoding.writeVarUint(encoder, message.number)
      encoding.writeVarUint(encoder, message.members.length)
      for (const member of message.members) encoding.writeUint8Array(encoder, member)
      return
    case 'catalogue':
    case 'differ':
      encoding.writeVarUint(encoder, message.fingerprints.length)
      for (const fingerprint of message.fingerprints) encoding.writeBigUint64(encoder, fingerprint)
      return
    case 'symbols':
      encoding.writeVarUint(encoder, message.size)
      encoding.writeVarUint(encoder, message.start)
      encoding.writeVarUint(encoder, message.symbols.length)
      for (const symbol of message.symbols) writeSymbol(encoder, symbol)
      return
    case 'more':
      encoding.writeVarUint(encoder, message.start)
      encoding.writeVarUint(encoder, message.count)
      return
    default:
      unreachable(message)
  }
}

function writeSymbol(encoder: encoding.Encoder, { sum, check, count }: CodedSymbol): void {
  encoding.writeBigUint64(encoder, sum)
  encoding.writeUint32BigEndian(encoder, check)
  encoding.writeVarInt(encoder, count)
}

/** A message of a type this version does not know. */
export interface Skipped {
  readonly type: 'skipped'
  readonly messageType: number
}

/** Reads one message. The error is a sentence for the close reason. */
export function decodeMessage(bytes: Uint8Array): Result<LinkMessage | Skipped, string> {
  try {
    return ok(readMessage(decoding.createDecoder(bytes)))
  } catch (thrown) {
    return err(messageOf(thrown))
  }
}

function readMessage(decoder: decoding.Decoder): LinkMessage | Skipped {
  const type = readNumber(decoder)
  switch (type) {
    case messageType.hello:
      return readHello(decoder)
    case messageType.prove:
      return { type: 'prove', signature: readBytes(decoder, 64), tokenProof: readBytes(decoder, 32) }
    case messageType.ping:
      return { type: 'ping', stamp: readNumber(decoder) }
    case messageType.pong:
      return { type: 'pong', stamp: readNumber(decoder) }
    case messageType.part:
      return {
        type: 'part',
        message: readNumber(decoder),
        index: readNumber(decoder),
        count: readNumber(decoder),
        bytes: decoding.readTailAsUint8Array(decoder),
      }
    case messageType.open:
      return {
        type: 'open',
        number: readNumber(decoder),
        name: readText(decoder, limits.documentNameBytesMax),
        have: readHave(decoder),
      }
    case messageType.decline:
      return { type: 'decline', yours: readNumber(decoder), reason: readReason(decoder) }
    case messageType.close:
      return { type: 'close', number: readNumber(decoder) }
    case messageType.unknown:
      return { type: 'unknown', yours: readNumber(decoder) }
    case messageType.catalogue:
      return { type: 'catalogue', fingerprints: readFingerprints(decoder) }
    case messageType.differ:
      return { type: 'differ', fingerprints: readFingerprints(decoder) }
    case messageType.symbols:
      return {
        type: 'symbols',
        size: readNumber(decoder),
        start: readNumber(decoder),
        symbols: readList(decoder, limits.catalogueSymbolsMax, readSymbol),
      }
    case messageType.more:
      return { type: 'more', start: readNumber(decoder), count: readNumber(decoder) }
    case messageType.signal:
      return {
        type: 'signal',
        id: decoding.readUint8Array(decoder, signalIdBytes),
        to: decoding.readUint8Array(decoder, addressBytes),
        from: decoding.readUint8Array(decoder, addressBytes),
        hops: decoding.readVarUint(decoder),
        payload: readBytes(decoder, limits.signalBytesMax),
      }
    case messageType.unreachable:
      return {
        type: 'unreachable',
        id: decoding.readUint8Array(decoder, signalIdBytes),
        to: decoding.readUint8Array(decoder, addressBytes),
      }
    case messageType.members:
      return {
        type: 'members',
        yours: decoding.readVarUint(decoder),
        members: readMembers(decoder),
      }
    case messageType.membersQuery:
      return { type: 'membersQuery', number: decoding.readVarUint(decoder), members: readMembers(decoder) }
    default:
      return readDocumentMessage(decoder, type) ?? { type: 'skipped', messageType: type }
  }
}

function readHello(decoder: decoding.Decoder): LinkMessage {
  const version = readNumber(decoder)
  // Type and version stay where they are for ever; what follows is only known for our own version.
  if (version !== protocolVersion) {
    const nothing = new Uint8Array(0)
    return { type: 'hello', version, publicKey: nothing, nonce: nothing, instance: nothing, features: [] }
  }
  return {
    type: 'hello',
    version,
    publicKey: decoding.readUint8Array(decoder, 32),
    nonce: decoding.readUint8Array(decoder, 32),
    instance: decoding.readUint8Array(decoder, 8),
    features: readList(decoder, limits.featuresMax, (from) => readText(from, limits.featureBytesMax)),
  }
}

function readMembers(decoder: decoding.Decoder): Uint8Array[] {
  return readList(decoder, limits.membersMax, (from) => decoding.readUint8Array(from, addressBytes))
}

function readFingerprints(decoder: decoding.Decoder): bigint[] {
  return readList(decoder, limits.catalogueItemsMax, readUint64)
}

function readSymbol(decoder: decoding.Decoder): CodedSymbol {
  const sum = readUint64(decoder)
  const check = readUint32(decoder)
  const count = decoding.readVarInt(decoder)
  if (!Number.isSafeInteger(count)) throw new Error('a number of more than 53 bits')
  return { sum, check, count }
}

function readReason(decoder: decoding.Decoder): DeclineReason {
  return declineReasons[readNumber(decoder)] ?? 'absent'
}
