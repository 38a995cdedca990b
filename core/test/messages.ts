/** Every message of the wire, made up. */
import fc, { type Arbitrary } from 'fast-check'
import { digestFrom, type Digest } from '../src/ids.ts'
import { limits } from '../src/limits.ts'
import {
  protocolVersion,
  type CodedSymbol,
  type DocumentMessage,
  type Have,
  type LinkMessage,
} from '../src/wire/message.ts'

const count = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, Number.MAX_SAFE_INTEGER))
const bytesOf = (minLength: number, maxLength = minLength): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength })
const digest: Arbitrary<Digest> = bytesOf(8).map(digestFrom)
const have: Arbitrary<Have> = fc.record({ stateVector: bytesOf(0, 40), deletes: digest })
/** Well-formed, with everything a name may hold: `..`, NUL, other planes. */
const text = fc.string({ unit: 'binary', maxLength: 20 })

const documentMessage: Arbitrary<DocumentMessage> = fc.oneof(
  fc.record({ type: fc.constant('have' as const), have }),
  fc.record({ type: fc.constant('digest' as const), sequence: count, digest, answer: fc.boolean() }),
  fc.record({ type: fc.constant('missing' as const), sequence: count, digest, update: bytesOf(0, 60) }),
  fc.record({
    type: fc.constant('updates' as const),
    sequence: count,
    updates: fc.array(bytesOf(0, 30), { maxLength: 6 }),
    reach: count,
  }),
  fc.record({
    type: fc.constant('updates' as const),
    sequence: count,
    updates: fc.array(bytesOf(0, 30), { maxLength: 6 }),
  }),
  fc.record({ type: fc.constant('stored' as const), sequence: count }),
  fc.record({ type: fc.constant('presence' as const), states: bytesOf(0, 60) }),
  fc.record({ type: fc.constant('presence' as const), states: bytesOf(0, 60), reach: count }),
  fc.record({
    type: fc.constant('reach' as const),
    version: count,
    known: count,
    names: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: limits.reachMax }),
  }),
  fc.record({ type: fc.constantFrom('presenceQuery' as const, 'prune' as const) }),
  fc.record({
    type: fc.constant('announce' as const),
    ids: fc.array(fc.tuple(count, count), { maxLength: 6 }).map((pairs) => new Map(pairs)),
  }),
)

const codedSymbol: Arbitrary<CodedSymbol> = fc.record({
  sum: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  check: fc.nat({ max: 2 ** 32 - 1 }),
  count: fc.oneof(fc.integer(), fc.constantFrom(0, 63, 64, -63, -64, Number.MAX_SAFE_INTEGER)),
})

/** A message of any type, with any content the wire can carry. */
export const anyMessage: Arbitrary<LinkMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: fc.constant(protocolVersion),
    publicKey: bytesOf(32),
    nonce: bytesOf(32),
    instance: bytesOf(8),
    features: fc.array(fc.string({ maxLength: 12 }), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant('prove' as const),
    signature: bytesOf(64),
    tokenProof: fc.oneof(bytesOf(0), bytesOf(32)),
  }),
  fc.record({ type: fc.constantFrom('ping' as const, 'pong' as const), stamp: count }),
  fc.record({ type: fc.constant('part' as const), message: count, index: count, count, bytes: bytesOf(0, 40) }),
  fc.record({ type: fc.constant('open' as const), number: count, name: text, have }),
  fc.record({
    type: fc.constant('decline' as const),
    yours: count,
    reason: fc.constantFrom('absent' as const, 'limit' as const, 'failed' as const),
  }),
  fc.record({ type: fc.constant('close' as const), number: count }),
  fc.record({ type: fc.constant('unknown' as const), yours: count }),
  fc.record({ type: fc.constant('document' as const), number: count, message: documentMessage }),
  fc.record({
    type: fc.constantFrom('catalogue' as const, 'differ' as const),
    fingerprints: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('symbols' as const),
    size: count,
    start: count,
    symbols: fc.array(codedSymbol, { maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('more' as const), start: count, count }),
)
