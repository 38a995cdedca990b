import { closeCode } from '@knotwork/core'
import { describe, expect, it } from 'vitest'
import { signallingLimits } from './signalling-limits.ts'
import { SignallingMachine, type SignallingEffect } from './signalling-machine.ts'

const limits = signallingLimits

/** A machine with sockets that have joined, at a time that is moved by hand. */
class Place {
  readonly machine = new SignallingMachine<string>()
  now = 0

  constructor(...sockets: readonly string[]) {
    for (const socket of sockets) this.machine.handle({ type: 'joined', socket }, 0)
  }

  say(socket: string, message: unknown): readonly SignallingEffect<string>[] {
    return this.raw(socket, JSON.stringify(message))
  }

  raw(socket: string, text: string | null): readonly SignallingEffect<string>[] {
    return this.machine.handle({ type: 'received', socket, text }, this.now)
  }

  look(now: number): readonly SignallingEffect<string>[] {
    this.now = now
    return this.machine.handle({ type: 'looked' }, now)
  }
}

const closed = (socket: string, reason: unknown): unknown => ({
  type: 'close',
  socket,
  code: closeCode.garbage,
  reason,
})
const isClosed = (effects: readonly SignallingEffect<string>[]): boolean => effects.some(({ type }) => type === 'close')

describe('SignallingMachine', () => {
  it('[SG2] a publication reaches every subscriber of its topic, its sender too, as it came and counted', () => {
    const place = new Place('a', 'b', 'c')
    place.say('a', { type: 'subscribe', topics: ['room', 'other'] })
    place.say('b', { type: 'subscribe', topics: ['room'] })
    place.say('c', { type: 'subscribe', topics: ['other'] })
    const text = ' {"type":"publish", "topic":"room","data":{"from":"x","__proto__":[1]},"clients":7} \n'
    const [effect, ...rest] = place.raw('a', text)
    expect(rest).toEqual([])
    expect(effect).toMatchObject({ type: 'send', sockets: ['a', 'b'] })
    const sent = effect?.type === 'send' ? effect.text : ''
    expect(JSON.parse(sent)).toEqual({ ...(JSON.parse(text) as object), clients: 2 })
    expect(sent.startsWith(text.trim().slice(0, -1))).toBe(true)
    expect(place.say('c', { type: 'publish', topic: 'room' })).toMatchObject([{ sockets: ['a', 'b'] }])
    expect(place.say('c', { type: 'publish', topic: 'nobody' })).toEqual([])
  })

  it('[SG2] a ping is answered by a pong, to its sender only', () => {
    const place = new Place('a', 'b')
    expect(place.say('a', { type: 'ping' })).toEqual([{ type: 'send', sockets: ['a'], text: '{"type":"pong"}' }])
  })

  it('[SG3] topics without subscribers are forgotten', () => {
    const place = new Place('a', 'b')
    place.say('a', { type: 'subscribe', topics: ['one', 'two', 'two'] })
    place.say('b', { type: 'subscribe', topics: ['two', 'three'] })
    expect(place.machine.topicCount).toBe(3)
    place.say('a', { type: 'unsubscribe', topics: ['one', 'never'] })
    expect(place.machine.topicCount).toBe(2)
    place.machine.handle({ type: 'left', socket: 'b' }, 0)
    expect(place.machine.topicCount).toBe(1)
    place.raw('a', 'garbage')
    expect([place.machine.topicCount, place.machine.socketCount]).toEqual([0, 0])
  })

  it.each([
    ['no JSON', '{"type":"ping"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"ping"'],
    ['no type', '{}'],
    ['a type that is a number', '{"type":1}'],
    ['topics that are no list', '{"type":"subscribe","topics":{"length":1}}'],
    ['no topics', '{"type":"unsubscribe"}'],
    ['a topic that is a number', '{"type":"subscribe","topics":[1]}'],
    ['an empty topic', '{"type":"subscribe","topics":[""]}'],
    ['a publication nowhere', '{"type":"publish","data":1}'],
    ['a publication to a list', '{"type":"publish","topic":["a"]}'],
    ['a long topic', JSON.stringify({ type: 'subscribe', topics: ['ö'.repeat(limits.topicBytesMax / 2 + 1)] })],
    ['a giant', JSON.stringify({ type: 'publish', topic: 'a', data: 'x'.repeat(limits.messageBytesMax) })],
    ['depth without end', '['.repeat(60_000)],
    ['a binary frame', null],
  ])('[SG1] [SG4] %s closes its own socket, and no other', (_, text) => {
    const place = new Place('a', 'b')
    place.say('b', { type: 'subscribe', topics: ['room'] })
    expect(place.raw('a', text)).toEqual([closed('a', expect.stringMatching(/./u))])
    expect(place.raw('a', '{"type":"ping"}')).toEqual([])
    expect(place.say('b', { type: 'publish', topic: 'room' })).toMatchObject([{ sockets: ['b'] }])
  })

  it('[SG1] skips what a later version may say, and passes on the longest names and the deepest data', () => {
    const place = new Place('a')
    expect(place.say('a', { type: 'hello' })).toEqual([])
    const topic = 'x'.repeat(limits.topicBytesMax)
    expect(place.say('a', { type: 'subscribe', topics: [topic, '__proto__'] })).toEqual([])
    const deep = `{"type":"publish","topic":"__proto__","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(place.raw('a', deep)).toMatchObject([{ type: 'send', sockets: ['a'] }])
  })

  it('[SG4] takes so many topics, and so many bytes of them', () => {
    const place = new Place('a', 'b', 'c')
    const short = Array.from({ length: limits.topicsPerSocketMax }, (_, index) => `${index}`)
    expect(place.say('a', { type: 'subscribe', topics: short })).toEqual([])
    expect(place.say('a', { type: 'subscribe', topics: ['0'] })).toEqual([])
    expect(place.say('a', { type: 'subscribe', topics: ['more'] })).toEqual([
      closed('a', expect.stringMatching(/topics/u)),
    ])
    const long = (index: number): string => String(index).padEnd(limits.topicBytesMax, '.')
    for (let index = 0; index < limits.topicBytesPerSocketMax / limits.topicBytesMax; index++) {
      expect(place.say('b', { type: 'subscribe', topics: [long(index)] })).toEqual([])
    }
    expect(isClosed(place.say('b', { type: 'subscribe', topics: ['x'] }))).toBe(true)
    // What was given back may be taken again.
    for (let index = 0; index < 3_000 && index < limits.messagesBurst / 2; index++) {
      expect(place.say('c', { type: 'subscribe', topics: [long(index)] })).toEqual([])
      expect(place.say('c', { type: 'unsubscribe', topics: [long(index)] })).toEqual([])
    }
  })

  it('[SG4] takes a burst of messages, then so many a second', () => {
    const place = new Place('a', 'b')
    for (let sent = 0; sent < limits.messagesBurst; sent++)
      expect(isClosed(place.say('a', { type: 'ping' }))).toBe(false)
    place.now = 1_000
    for (let sent = 0; sent < limits.messagesPerSecond; sent++) {
      expect(isClosed(place.say('a', { type: 'ping' }))).toBe(false)
    }
    expect(place.say('a', { type: 'ping' })).toEqual([closed('a', expect.stringMatching(/too many/u))])
    expect(isClosed(place.say('b', { type: 'ping' }))).toBe(false)
  })

  it('[SG4] counts the copies of what is published', () => {
    const sockets = Array.from({ length: 1_000 }, (_, index) => `${index}`)
    const place = new Place(...sockets)
    for (const socket of sockets) place.say(socket, { type: 'subscribe', topics: ['room'] })
    let published = 0
    while (!isClosed(place.say('0', { type: 'publish', topic: 'room' }))) published++
    expect(published).toBe(limits.copiesBurst / sockets.length)
  })

  it('[SG6] asks who is silent, and closes who stays so', () => {
    const place = new Place('dead', 'alive')
    expect(place.look(limits.pingAfterMs - 1)).toEqual([])
    expect(place.look(limits.pingAfterMs)).toEqual(['dead', 'alive'].map((socket) => ({ type: 'ping', socket })))
    place.machine.handle({ type: 'ponged', socket: 'alive' }, place.now + 1)
    expect(place.look(limits.pingAfterMs + limits.lookEveryMs)).toEqual([])
    expect(place.look(limits.silenceMs)).toMatchObject([{ type: 'close', socket: 'dead', code: closeCode.silent }])
    expect(place.look(limits.silenceMs + 1)).toEqual([{ type: 'ping', socket: 'alive' }])
  })
})
