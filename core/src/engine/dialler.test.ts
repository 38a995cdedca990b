import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { FakeLink } from '../../test/fake-link.ts'
import { limits } from '../limits.ts'
import type { AcceptLink, Transport } from '../ports/transport.ts'
import { Dialler } from './dialler.ts'

const { redialFirstMs, redialMaxMs, redialKeenMs, redialLongMs, redialRefusedMs, dialMs } = limits

interface Attempt {
  readonly at: number
  readonly accept: AcceptLink
  readonly failed: (why: string) => void
  isAborted: boolean
}

/** A dialler, the attempts it makes, and the links it got. `jitter` is what the random port gives. */
function dialler(jitter = 1) {
  const clock = new FakeClock(0)
  const attempts: Attempt[] = []
  const transport: Transport = {
    schemes: ['fake'],
    dial: (_address, accept, failed) => {
      const attempt: Attempt = { at: clock.now(), accept, failed, isAborted: false }
      attempts.push(attempt)
      return () => void (attempt.isAborted = true)
    },
    listen: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const one = new Dialler({
    address: 'fake://b',
    transport,
    clock,
    random: { bytes: (count) => new Uint8Array(count), fraction: () => jitter },
    accept: () => ({ received: () => undefined, closed: () => undefined }),
    isLinked: () => false,
    changed: () => undefined,
  })
  const last = (): Attempt => attempts.at(-1)!
  return { clock, attempts, one, last }
}

/** The waits between attempts that all end in the same way. */
function waits(count: number, end: (subject: ReturnType<typeof dialler>) => void, jitter = 1): readonly number[] {
  const subject = dialler(jitter)
  subject.one.dial()
  return Array.from({ length: count }, () => {
    end(subject)
    const { at } = subject.last()
    subject.clock.tick(subject.clock.nextInMs ?? 0)
    return subject.last().at - at
  })
}

describe('[TR6] a lost neighbour is dialled again', () => {
  it('[TR6] after a wait that doubles from redialFirstMs to redialMaxMs', () => {
    const waited = waits(6, ({ last }) => last().failed('nobody there'))
    expect(waited).toEqual([1, 2, 4, 8, 8, 8].map((times) => Math.min(times * redialFirstMs, redialMaxMs)))
  })

  it('[TR6] to redialLongMs once it was away for redialKeenMs, until it was reached again', () => {
    const { clock, one, last } = dialler()
    const failFor = (ms: number): number => {
      let waitMs = 0
      for (const end = clock.now() + ms; clock.now() < end; clock.tick(waitMs)) {
        last().failed('nobody there')
        waitMs = clock.nextInMs ?? 0
      }
      return waitMs
    }
    one.dial()
    expect(failFor(redialKeenMs / 2)).toBe(redialMaxMs)
    expect(failFor(redialKeenMs)).toBe(redialLongMs)
    last().accept(new FakeLink())
    one.proved()
    clock.tick(redialKeenMs)
    one.lost(4504, 'silent')
    clock.tick(redialFirstMs)
    expect(failFor(redialKeenMs / 2)).toBe(redialMaxMs)
  })

  it('[TR6] spread by jitter, between half of the wait and all of it', () => {
    const failing = ({ last }: ReturnType<typeof dialler>): void => last().failed('nobody there')
    expect(waits(2, failing, 0)).toEqual([redialFirstMs / 2, redialFirstMs])
    expect(waits(2, failing, 0.5)).toEqual([0.75 * redialFirstMs, 1.5 * redialFirstMs])
  })

  it('[TR6] a link that has not proven itself does not shorten the wait; one that has does', () => {
    const unproven = waits(3, ({ last, one }) => {
      last().accept(new FakeLink())
      one.lost(4508, 'no proof')
    })
    expect(unproven).toEqual([redialFirstMs, 2 * redialFirstMs, 4 * redialFirstMs])
    const proven = waits(3, ({ last, one }) => {
      last().accept(new FakeLink())
      one.proved()
      one.lost(4504, 'silent')
    })
    expect(proven).toEqual([redialFirstMs, redialFirstMs, redialFirstMs])
  })

  it('[TR3] [TR6] after a refusal it is redialRefusedMs', () => {
    for (const code of [4400, 4401, 4403, 4426]) {
      const refused = waits(2, ({ last, one }) => {
        last().accept(new FakeLink())
        one.lost(code, 'refused')
      })
      expect(refused).toEqual([redialRefusedMs, redialRefusedMs])
    }
  })

  it('[TR6] a dial that nobody answers is given up after dialMs', () => {
    const { clock, attempts, one } = dialler()
    one.dial()
    clock.tick(dialMs - 1)
    expect([attempts[0]?.isAborted, one.state]).toEqual([false, 'dialling'])
    clock.tick(1)
    expect([attempts[0]?.isAborted, one.state, one.why]).toEqual([true, 'waiting', 'nobody answered'])
    clock.tick(redialFirstMs)
    expect(attempts).toHaveLength(2)
  })

  it('[TR6] who waits is dialled as after a first failure when the network seems to be back, but not every time', () => {
    const { clock, attempts, one, last } = dialler()
    one.dial()
    for (let i = 0; i < 5; i++) {
      last().failed('nobody there')
      clock.tick(redialMaxMs)
    }
    last().failed('nobody there')
    one.hurry()
    clock.tick(redialFirstMs)
    expect(attempts).toHaveLength(7)
    last().failed('nobody there')
    one.hurry()
    expect(clock.nextInMs).toBe(2 * redialFirstMs)
  })

  it('[TR6] a dial that was sent into the void is made again, one that has just begun is not', () => {
    const { clock, attempts, one } = dialler()
    one.dial()
    clock.tick(redialMaxMs - 1)
    one.hurry()
    expect([attempts.length, attempts[0]?.isAborted]).toEqual([1, false])
    clock.tick(1)
    one.hurry()
    clock.tick(redialFirstMs)
    expect([attempts.length, attempts[0]?.isAborted, one.state]).toEqual([2, true, 'dialling'])
  })

  it('[TR3] [TR6] who was refused is not hurried, nor one that is linked or was stopped', () => {
    const { clock, attempts, one, last } = dialler()
    one.dial()
    last().accept(new FakeLink())
    one.hurry()
    one.lost(4401, 'no token')
    one.hurry()
    expect([attempts.length, clock.nextInMs]).toEqual([1, redialRefusedMs])
    one.stop()
    one.hurry()
    expect([attempts.length, clock.nextInMs]).toEqual([1, null])
  })

  it('[TR6] it says why there is no link', () => {
    const { one, last } = dialler()
    one.dial()
    last().failed('connection refused')
    expect(one.why).toBe('connection refused')
    one.dial()
    last().accept(new FakeLink())
    one.proved()
    expect([one.state, one.why]).toEqual(['open', null])
    one.lost(1006, '')
    expect([one.state, one.why]).toEqual(['waiting', 'closed with code 1006'])
  })

  it('[TR7] one that was a duplicate is dialled again as soon as some link has ended, and only then', () => {
    const { clock, attempts, one, last } = dialler()
    one.dial()
    last().accept(new FakeLink())
    one.proved()
    one.lost(4409, 'duplicate')
    clock.tick(redialRefusedMs - 1)
    expect(attempts).toHaveLength(1)
    one.linkEnded()
    expect(attempts).toHaveLength(2)
    // Any other loss waits its time.
    last().accept(new FakeLink())
    one.lost(4504, 'silent')
    one.linkEnded()
    expect(attempts).toHaveLength(2)
  })

  it('[TR6] a stopped dialler dials no more, and aborts what is under way', () => {
    const dialling = dialler()
    dialling.one.dial()
    dialling.one.stop()
    expect(dialling.attempts[0]?.isAborted).toBe(true)
    dialling.clock.tick(100_000)
    expect([dialling.attempts.length, dialling.clock.waiting]).toEqual([1, 0])
    const waiting = dialler()
    waiting.one.dial()
    waiting.last().failed('nobody there')
    waiting.one.stop()
    waiting.clock.tick(100_000)
    expect([waiting.attempts.length, waiting.one.state]).toEqual([1, 'stopped'])
    waiting.one.lost(1006, '')
    waiting.one.dial()
    expect(waiting.attempts).toHaveLength(1)
  })

  it('[TR6] one dial at a time: a late failure of a dial that was given up changes nothing', () => {
    const { clock, attempts, one } = dialler()
    one.dial()
    clock.tick(dialMs + redialFirstMs)
    expect(attempts).toHaveLength(2)
    expect(clock.waiting).toBe(1)
    expect(one.state).toBe('dialling')
  })
})
