import { describe, expect, it } from 'vitest'
import { hex, joined, varUint } from '../../test/bytes.ts'
import { TestIdentity } from '../../test/identities.ts'
import { LinkEnds, type LinkEnd } from '../../test/link-ends.ts'
import { peerId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodeMessage, encodeMessage } from '../wire/codec.ts'
import type { LinkMessage } from '../wire/message.ts'
import { framesOf } from '../wire/parts.ts'
import { transcriptOf } from './proof.ts'

const { helloMs, pingAfterMs, silenceMs, earlyBytesMax, earlyFramesMax, partBytesMax } = limits
const someMessage: LinkMessage = { type: 'unknown', yours: 7 }

function typesOf(frames: readonly Uint8Array[]): readonly string[] {
  return frames.map((frame) => {
    const result = decodeMessage(frame)
    return result.ok ? result.value.type : 'garbage'
  })
}

function linked(): LinkEnds {
  return new LinkEnds().open().carry()
}

/** Hands frames to one end. */
function give(to: LinkEnd, ...frames: readonly Uint8Array[]): void {
  for (const frame of frames) to.handle({ type: 'received', frame })
}

describe('[TR4] greeting', () => {
  it('[TR4] both sides send hello at once, then prove, and know one another', () => {
    const ends = new LinkEnds({ features: ['keeps', 'disk'] })
    ends.open()
    expect([typesOf(ends.a.outgoing), typesOf(ends.b.outgoing)]).toEqual([['hello'], ['hello']])
    ends.carry()
    const { a, b } = ends
    expect(b.peer).toEqual({
      id: peerId(a.identity.publicKey),
      instance: new Uint8Array(8).fill(1),
      features: ['keeps', 'disk'],
      nonces: [new Uint8Array(32).fill(102), new Uint8Array(32).fill(101)],
    })
    expect(a.peer?.id).toBe(peerId(b.identity.publicKey))
    expect([a.machine.isLinked, b.machine.isLinked, a.closed, b.closed]).toEqual([true, true, null, null])
  })

  it('[TR4] what is signed: the context, the own hello, the other’s hello, the channel', () => {
    const channel = Uint8Array.of(9, 9, 9)
    const ends = new LinkEnds({ channel }, { channel }).open()
    const [helloOfA, helloOfB] = [ends.a.outgoing[0]!, ends.b.outgoing[0]!]
    ends.carry()
    const context = new TextEncoder().encode('knotwork 1 link proof')
    const parts = [context, helloOfA, helloOfB, channel]
    const expected = joined(...parts.flatMap((part) => [varUint(part.byteLength), part]))
    expect(hex(ends.a.transcripts[0]!)).toBe(hex(expected))
    expect(transcriptOf({ signerHello: helloOfA, verifierHello: helloOfB, channel })).toEqual(expected)
    expect(ends.a.machine.isLinked).toBe(true)
  })

  it('[TR4] a signature by another key closes with 4403', () => {
    const ends = new LinkEnds().open()
    const [hello] = ends.a.outgoing.splice(0)
    give(ends.b, hello!)
    const signature = new TestIdentity(3).signNow(
      transcriptOf({ signerHello: hello!, verifierHello: ends.b.outgoing[0]!, channel: new Uint8Array(0) }),
    )
    give(ends.b, encodeMessage({ type: 'prove', signature, tokenProof: new Uint8Array(0) }))
    expect([ends.b.closed?.code, ends.b.peer]).toEqual([4403, null])
  })

  it.each([
    ['another link', { seed: 3 }],
    ['another channel', { channel: Uint8Array.of(1) }],
    ['another instance of the same peer', { instance: 9 }],
  ])('[TR4] a proof replayed from %s closes with 4403', (_what, other) => {
    // A proves itself to B; whoever listened plays it to somebody else.
    const first = new LinkEnds().open()
    const [helloOfA] = first.a.outgoing
    first.b.handle({ type: 'received', frame: helloOfA! })
    give(first.a, first.b.outgoing[0]!)
    const proof = first.a.outgoing.find((frame) => typesOf([frame])[0] === 'prove')
    const second = new LinkEnds({}, other).open()
    give(second.b, helloOfA!, proof!)
    expect([second.b.closed?.code, second.b.peer]).toEqual([4403, null])
    // Where it belongs it is good.
    give(first.b, proof!)
    first.carry()
    expect(first.b.machine.isLinked).toBe(true)
  })

  it('[TR4] a proof sent back to its maker closes with 4403', () => {
    const ends = new LinkEnds({}, {}).open()
    const [helloOfA] = ends.a.outgoing.splice(0)
    // Somebody without a key answers A with what A says, under another instance so that it is not A itself.
    const mirrored = decodeMessage(helloOfA!)
    if (!mirrored.ok || mirrored.value.type !== 'hello') throw new Error('no hello')
    give(ends.a, encodeMessage({ ...mirrored.value, instance: new Uint8Array(8).fill(77) }))
    const proof = ends.a.outgoing.find((frame) => typesOf([frame])[0] === 'prove')
    give(ends.a, proof!)
    expect(ends.a.closed?.code).toBe(4403)
  })

  it('[TR4] a hello that was changed on its way, a feature taken out, closes with 4403', () => {
    const ends = new LinkEnds({ features: ['keeps'] }).open()
    const [hello] = ends.a.outgoing.splice(0)
    const decoded = decodeMessage(hello!)
    if (!decoded.ok || decoded.value.type !== 'hello') throw new Error('no hello')
    give(ends.b, encodeMessage({ ...decoded.value, features: [] }))
    ends.carry()
    expect([ends.b.closed?.code, ends.b.peer]).toEqual([4403, null])
  })

  it('[TR1] [TR4] a proof that has overtaken its hello counts', () => {
    const ends = new LinkEnds().open()
    give(ends.b, ...ends.a.outgoing.splice(0))
    const frames = ends.b.outgoing.splice(0)
    expect(typesOf(frames)).toEqual(['hello', 'prove'])
    give(ends.a, ...frames.reverse())
    ends.carry()
    expect([ends.a.machine.isLinked, ends.b.machine.isLinked]).toEqual([true, true])
  })

  it('[TR4] nothing about documents is said before both proofs hold', () => {
    const ends = new LinkEnds({}, { isSlow: true })
    ends.a.say(someMessage)
    expect(ends.a.outgoing).toEqual([])
    ends.open().carry()
    ends.a.say(someMessage)
    // A's proof is out, but B has not proven itself yet.
    expect([ends.a.machine.isLinked, ends.a.outgoing]).toEqual([false, []])
    ends.b.settle()
    ends.carry()
    ends.a.say(someMessage)
    expect(ends.a.outgoing).toHaveLength(1)
  })

  it('[TR4] what is said before the proof was checked is heard after it held, in order', () => {
    const ends = new LinkEnds({ isSlow: true }, {}).open().carry()
    // A makes its proof, so B is linked and speaks; B's proof is still being checked at A.
    ends.a.settle(1)
    ends.carry()
    for (const yours of [1, 2, 3]) ends.b.say({ type: 'unknown', yours })
    ends.carry()
    expect([ends.b.machine.isLinked, ends.a.machine.isLinked, ends.a.delivered]).toEqual([true, false, []])
    ends.a.settle()
    expect(ends.a.delivered).toEqual([1, 2, 3].map((yours) => ({ type: 'unknown', yours })))
  })

  it('[TR4] nothing of it is believed when the proof does not hold', () => {
    const ends = new LinkEnds({}, { isSlow: true }).open()
    const [hello] = ends.a.outgoing.splice(0)
    give(ends.b, hello!)
    ends.b.settle()
    give(ends.b, encodeMessage({ type: 'prove', signature: new Uint8Array(64), tokenProof: new Uint8Array(0) }))
    give(ends.b, encodeMessage(someMessage))
    ends.b.settle()
    expect([ends.b.closed?.code, ends.b.delivered]).toEqual([4403, []])
  })

  it('[TR4] [WI8] what waits for a proof has limits on frames and bytes', () => {
    const frame = encodeMessage(someMessage)
    const many = new LinkEnds({}, { isSlow: true }).open()
    give(many.b, many.a.outgoing[0]!, ...Array.from({ length: earlyFramesMax }, () => frame))
    expect(many.b.closed).toBeNull()
    give(many.b, frame)
    expect(many.b.closed?.code).toBe(4400)
    const big = new LinkEnds({}, { isSlow: true }).open()
    const states = new Uint8Array(1024 * 1024 - 100)
    const bigFrame = encodeMessage({ type: 'document', number: 1, message: { type: 'presence', states } })
    const fit = Math.floor(earlyBytesMax / bigFrame.byteLength)
    give(big.b, big.a.outgoing[0]!, ...Array.from({ length: fit }, () => bigFrame))
    expect(big.b.closed).toBeNull()
    give(big.b, bigFrame)
    expect(big.b.closed?.code).toBe(4400)
  })

  it('[TR4] all of it must be done within helloMs, else 4508', () => {
    const silent = new LinkEnds().open()
    expect(silent.a.machine.deadline()).toBe(silent.now + helloMs)
    silent.now += helloMs - 1
    silent.a.handle({ type: 'woke' })
    expect(silent.a.closed).toBeNull()
    silent.now += 1
    silent.a.handle({ type: 'woke' })
    expect([silent.a.closed?.code, silent.a.machine.deadline()]).toEqual([4508, null])
  })

  it('[TR4] half a greeting, or chatter without end, does not stretch it', () => {
    const ends = new LinkEnds({}, { isSlow: true }).open().carry()
    for (let ms = 0; ms < helloMs; ms += 500) {
      ends.now += 500
      give(ends.a, encodeMessage({ type: 'ping', stamp: 1 }))
      ends.a.handle({ type: 'woke' })
    }
    expect(ends.a.closed?.code).toBe(4508)
  })

  it('[TR1] [TR4] hellos and proofs that arrive twice, or before their hello, do no harm', () => {
    const twice = new LinkEnds().open().carry(3)
    expect([twice.a.machine.isLinked, twice.b.machine.isLinked]).toEqual([true, true])
    expect([twice.a.closed, twice.b.closed]).toEqual([null, null])
    const swapped = new LinkEnds().open()
    give(swapped.b, encodeMessage(someMessage))
    swapped.carry()
    expect([swapped.b.machine.isLinked, swapped.b.delivered]).toEqual([true, []])
  })

  it('[TR7] an instance that meets itself closes with 4409; another instance of the same peer does not', () => {
    const self = new LinkEnds({ seed: 1 }, { seed: 1, instance: 1 }).open().carry()
    expect([self.a.closed?.code, self.b.closed?.code]).toEqual([4409, 4409])
    const tabs = new LinkEnds({ seed: 1, instance: 1 }, { seed: 1, instance: 2 }).open().carry()
    expect([tabs.a.machine.isLinked, tabs.b.machine.isLinked]).toEqual([true, true])
  })

  it('[WI2] another version closes with 4426, and says both', () => {
    const ends = new LinkEnds().open()
    give(ends.b, joined([0], varUint(300), [1, 2, 3]))
    expect(ends.b.closed).toEqual({ code: 4426, reason: expect.stringMatching(/300.*\b1\b/) })
    expect(typesOf(ends.b.outgoing)).toEqual(['hello'])
  })

  it('[WI2] nothing but hello begins a link', () => {
    const ends = new LinkEnds().open()
    give(ends.b, encodeMessage({ type: 'prove', signature: new Uint8Array(64), tokenProof: new Uint8Array(0) }))
    give(ends.b, encodeMessage({ type: 'ping', stamp: 1 }), encodeMessage(someMessage))
    expect([typesOf(ends.b.outgoing), ends.b.delivered, ends.b.closed]).toEqual([['hello'], [], null])
  })
})

describe('[TR5] the shared token', () => {
  it('[TR5] both sides with the same token link; it never travels', () => {
    const ends = new LinkEnds({ token: 'open sesame' }, { token: 'open sesame' }).open()
    ends.carry()
    expect([ends.a.machine.isLinked, ends.b.machine.isLinked]).toEqual([true, true])
    const frames = [...ends.a.sent, ...ends.b.sent]
    expect(typesOf(frames).filter((type) => type === 'prove')).toHaveLength(2)
    for (const frame of frames) expect(Buffer.from(frame).includes('open sesame')).toBe(false)
  })

  it.each([
    ['none', {}],
    ['another one', { token: 'close sesame' }],
  ])('[TR5] a peer with %s is closed with 4401', (_what, options) => {
    const ends = new LinkEnds(options, { token: 'open sesame' }).open().carry()
    expect([ends.b.closed?.code, ends.b.peer]).toEqual([4401, null])
  })

  it('[TR5] a wrong signature is told as such, whatever the token', () => {
    const ends = new LinkEnds({}, { token: 'open sesame' }).open()
    give(ends.b, ends.a.outgoing[0]!)
    give(ends.b, encodeMessage({ type: 'prove', signature: new Uint8Array(64), tokenProof: new Uint8Array(0) }))
    expect(ends.b.closed?.code).toBe(4403)
  })

  it('[TR5] a peer without a token asks for none', () => {
    const ends = new LinkEnds({ token: 'open sesame' }, {}).open().carry()
    // A asks for a proof that B cannot give; B asks for none.
    expect([ends.a.closed?.code, ends.b.machine.isLinked]).toEqual([4401, true])
  })
})

describe('[TR2] pings', () => {
  it('[TR2] a ping is answered by a pong with its stamp', () => {
    const { b } = linked()
    give(b, encodeMessage({ type: 'ping', stamp: 4_242 }))
    expect(b.outgoing.map((frame) => decodeMessage(frame))).toEqual([
      { ok: true, value: { type: 'pong', stamp: 4_242 } },
    ])
  })

  it('[TR2] whoever has sent nothing for pingAfterMs sends a ping, on a timer', () => {
    const { a, now } = linked()
    expect(a.machine.deadline()).toBe(now + pingAfterMs)
    expect(a.machine.handle({ type: 'woke' }, now + pingAfterMs - 1)).toEqual([])
    const effects = a.machine.handle({ type: 'woke' }, now + pingAfterMs)
    expect(effects.map((effect) => (effect.type === 'send' ? typesOf([effect.frame])[0] : effect.type))).toEqual([
      'ping',
    ])
    expect(a.machine.deadline()).toBe(now + 2 * pingAfterMs)
  })

  it('[TR2] or when a frame arrives, where timers hardly run', () => {
    const ends = linked()
    ends.now += pingAfterMs - 1
    give(ends.a, encodeMessage(someMessage))
    expect(ends.a.outgoing).toEqual([])
    ends.now += 1
    give(ends.a, encodeMessage(someMessage))
    expect(typesOf(ends.a.outgoing)).toEqual(['ping'])
  })

  it('[TR2] whoever speaks anyway sends none', () => {
    const ends = linked()
    for (let round = 0; round < 10; round++) {
      ends.now += pingAfterMs - 100
      ends.a.say(someMessage)
      give(ends.a, encodeMessage(someMessage))
      ends.a.handle({ type: 'woke' })
    }
    expect(typesOf(ends.a.outgoing)).toEqual(Array.from({ length: 10 }, () => 'unknown'))
  })

  it('[TR2] [TR3] a link that brought nothing for silenceMs is closed with 4504', () => {
    const ends = linked()
    ends.now += silenceMs - 1
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed).toBeNull()
    ends.now += 1
    ends.a.handle({ type: 'woke' })
    expect([ends.a.closed?.code, ends.a.machine.deadline()]).toEqual([4504, null])
  })

  it('[TR2] who slept himself, as a tab in the background does, asks once before he closes', () => {
    const ends = linked()
    ends.now += 60_000
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed).toBeNull()
    expect(typesOf(ends.a.outgoing)).toEqual(['ping'])
    expect(ends.a.machine.deadline()).toBe(ends.now + pingAfterMs)
    ends.carry()
    ends.now += 60_000
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed).toBeNull()
    ends.now += pingAfterMs
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed?.code).toBe(4504)
  })

  it('[TR2] who keeps speaking into the silence is awake', () => {
    const ends = linked()
    for (let waited = 0; waited < silenceMs; waited += 500) {
      ends.now += 500
      ends.a.say(someMessage)
    }
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed?.code).toBe(4504)
  })

  it('[TR2] any frame counts as a sign of life, an unknown one too', () => {
    const ends = linked()
    ends.now += silenceMs - 1
    give(ends.a, joined(varUint(99), [1, 2]))
    ends.now += silenceMs - 1
    ends.a.handle({ type: 'woke' })
    expect(ends.a.closed).toBeNull()
  })

  it('[TR2] two idle ends keep their link for an hour', () => {
    const ends = linked().pass(3_600_000)
    expect([ends.a.machine.isLinked, ends.b.machine.isLinked]).toEqual([true, true])
  })

  it('[TR2] the round trip is known from the first ping on', () => {
    const ends = new LinkEnds().open()
    while (!ends.a.machine.isLinked || typesOf(ends.b.outgoing).at(-1) !== 'pong') {
      for (const [from, to] of [
        [ends.a, ends.b],
        [ends.b, ends.a],
      ] as const) {
        if (from.outgoing.length > 0 && typesOf(from.outgoing)[0] !== 'pong') give(to, from.outgoing.shift()!)
      }
    }
    expect(ends.a.machine.roundTripMs).toBeNull()
    ends.now += 42
    ends.carry()
    expect(ends.a.machine.roundTripMs).toBe(42)
  })
})

describe('[TR3] garbage', () => {
  it('[TR3] [WI1] bytes that are no message close with 4400 and a reason', () => {
    for (const garbage of [new Uint8Array(0), Uint8Array.of(12, 1, 99), joined([15, 1, 1], varUint(2 ** 40))]) {
      const ends = linked()
      give(ends.b, garbage)
      expect(ends.b.closed).toEqual({ code: 4400, reason: expect.stringContaining('not a message: ') })
    }
  })

  it('[TR3] before the proof as well', () => {
    const greeting = new LinkEnds().open()
    give(greeting.b, Uint8Array.of(0))
    const proving = new LinkEnds().open()
    give(proving.b, proving.a.outgoing[0]!, Uint8Array.of(12, 1, 99))
    expect([greeting.b.closed?.code, proving.b.closed?.code]).toEqual([4400, 4400])
  })

  it('[TR3] a closed link hears and says nothing more', () => {
    const ends = linked()
    give(ends.b, new Uint8Array(0), encodeMessage(someMessage))
    ends.now += silenceMs
    expect(ends.b.handle({ type: 'woke' })).toEqual([])
    ends.b.say(someMessage)
    expect([ends.b.delivered, ends.b.outgoing, ends.b.machine.deadline()]).toEqual([[], [], null])
  })

  it('[TR3] garbage among what waited for the proof ends it: what comes after is not heard', () => {
    const ends = new LinkEnds({ isSlow: true }, {}).open().carry()
    ends.a.settle(1)
    ends.carry()
    give(ends.a, Uint8Array.of(12, 1, 99), encodeMessage(someMessage))
    ends.a.settle()
    expect([ends.a.closed?.code, ends.a.delivered]).toEqual([4400, []])
  })
})

describe('messages', () => {
  it('[WI4] an unknown type is skipped and counted', () => {
    const { b } = linked()
    give(b, joined(varUint(99), [1, 2]), encodeMessage(someMessage), joined(varUint(5), [1]))
    expect([b.machine.skipped, b.delivered, b.closed]).toEqual([2, [someMessage], null])
  })

  it('[WI6] a big message arrives whole, with others between its parts', () => {
    const ends = linked()
    const update = new Uint8Array(2 * partBytesMax).fill(7)
    const big: LinkMessage = {
      type: 'document',
      number: 1,
      message: { type: 'updates', sequence: 1, updates: [update] },
    }
    ends.a.say(big)
    const [first, second, third] = ends.a.outgoing.splice(0)
    give(ends.b, third!, encodeMessage(someMessage), first!, first!, second!)
    expect(ends.b.delivered.map((message) => message.type)).toEqual(['unknown', 'document'])
    expect(ends.b.closed).toBeNull()
  })

  it('[WI6] each message in parts has a number of its own', () => {
    const ends = linked()
    const of = (fill: number): LinkMessage => {
      const states = new Uint8Array(partBytesMax + 1).fill(fill)
      return { type: 'document', number: 1, message: { type: 'presence', states } }
    }
    ends.a.say(of(1))
    ends.a.say(of(2))
    const [a1, a2, b1, b2] = ends.a.outgoing.splice(0)
    give(ends.b, a1!, b1!, b2!, a2!)
    expect(ends.b.delivered).toHaveLength(2)
  })

  it('[WI6] [TR3] parts that contradict one another, and a whole that is garbage, close with 4400', () => {
    const contradicting = linked()
    for (const count of [2, 3]) {
      give(contradicting.b, encodeMessage({ type: 'part', message: 1, index: 0, count, bytes: new Uint8Array(1) }))
    }
    expect(contradicting.b.closed).toEqual({ code: 4400, reason: expect.stringContaining('contradict') })
    const garbage = linked()
    give(garbage.b, ...framesOf(new Uint8Array(partBytesMax + 1).fill(255), 1))
    expect(garbage.b.closed?.code).toBe(4400)
  })

  it('[WI6] parts within parts are nothing, and hide nothing', () => {
    const { b } = linked()
    const inner = encodeMessage({ type: 'part', message: 2, index: 0, count: 1, bytes: encodeMessage(someMessage) })
    give(b, encodeMessage({ type: 'part', message: 1, index: 0, count: 1, bytes: inner }))
    expect([b.delivered, b.closed]).toEqual([[], null])
  })
})
