import type { AcceptLink } from '@knotwork/core'
import { assert, assertEqual, fingerprint, testBytes, type ContractCase } from '@knotwork/core/contracts'
import { eventually, pause } from './waiting.ts'
import { diallingCase, LinkEnds, type Dialling, type TransportSubject } from './transport-subject.ts'

/** One attempt to dial, and what became of it. */
class Attempt {
  readonly ends = new LinkEnds()
  readonly failures: string[] = []
  readonly abort: () => void
  /** Whether anything was called before `dial` had returned: its caller could not have aborted yet. */
  readonly wasHasty: boolean

  constructor(dialling: Dialling, address: string) {
    this.abort = dialling.transport.dial(address, this.ends.accept, (why) => void this.failures.push(why))
    this.wasHasty = this.outcomes > 0
  }

  get outcomes(): number {
    return this.ends.all.length + this.failures.length
  }

  async settled(): Promise<void> {
    await eventually(() => this.outcomes > 0, 'the dial ends')
    await pause(20)
    assertEqual([this.outcomes, this.wasHasty], [1, false], 'outcomes of the dial, before it returned')
  }
}

export const transportDiallingCases: readonly ContractCase<TransportSubject>[] = [
  diallingCase('a dial opens a link', async (dialling) => {
    const attempt = new Attempt(dialling, dialling.address)
    await attempt.settled()
    assertEqual(attempt.failures, [], 'failures')
    const [here, there] = [await attempt.ends.at(0), await dialling.accepted.at(0)]
    there.link.send(testBytes(1, 10))
    await here.receivedCount(1)
    assertEqual(here.fingerprints, [fingerprint(testBytes(1, 10))], 'frames')
    assertEqual(dialling.accepted.all.length, 1, 'links accepted')
  }),

  diallingCase('a dial that reaches nobody fails once, with a reason', async (dialling) => {
    const attempt = new Attempt(dialling, dialling.deadAddress)
    await attempt.settled()
    assertEqual(attempt.ends.all.length, 0, 'links')
    assert((attempt.failures[0] ?? '').length > 0, 'a reason')
  }),

  diallingCase('a dial to what is no address fails once, with a reason', async (dialling) => {
    for (const address of [
      '',
      'nonsense',
      `${dialling.transport.schemes[0]}://`,
      `${dialling.transport.schemes[0]}://a b`,
    ]) {
      const attempt = new Attempt(dialling, address)
      await attempt.settled()
      assertEqual([attempt.ends.all.length, attempt.failures.length], [0, 1], `outcomes of dialling "${address}"`)
    }
  }),

  diallingCase('an aborted dial calls nobody', async (dialling) => {
    const attempts = [new Attempt(dialling, dialling.address), new Attempt(dialling, dialling.deadAddress)]
    for (const attempt of attempts) attempt.abort()
    await pause(200)
    assertEqual(
      attempts.map((attempt) => attempt.outcomes),
      [0, 0],
      'outcomes',
    )
  }),

  diallingCase('aborting after the dial has ended does nothing', async (dialling) => {
    const attempt = new Attempt(dialling, dialling.address)
    const end = await attempt.ends.at(0)
    attempt.abort()
    end.link.send(testBytes(1, 10))
    await pause(50)
    assertEqual([attempt.outcomes, end.closes.length], [1, 0], 'outcomes, closes')
    const failing = new Attempt(dialling, dialling.deadAddress)
    await failing.settled()
    failing.abort()
  }),

  diallingCase('a frame sent from within accept arrives', async (dialling) => {
    const ends = new LinkEnds()
    const greet: AcceptLink = (link) => {
      link.send(testBytes(1, 10))
      return ends.accept(link)
    }
    dialling.transport.dial(dialling.address, greet, () => undefined)
    const there = await dialling.accepted.at(0)
    await there.receivedCount(1)
    assertEqual(there.fingerprints, [fingerprint(testBytes(1, 10))], 'frames')
  }),

  diallingCase('a link can be closed from within accept', async (dialling) => {
    const ends = new LinkEnds()
    const refuse: AcceptLink = (link) => {
      link.close(4529, 'full')
      return ends.accept(link)
    }
    dialling.transport.dial(dialling.address, refuse, () => undefined)
    const [here, there] = [await ends.at(0), await dialling.accepted.at(0)]
    assertEqual(await there.closedOnce(), { code: 4529, reason: 'full' }, 'close there')
    assertEqual(await here.closedOnce(), { code: 4529, reason: 'full' }, 'close here')
  }),

  diallingCase('the schemes it dials are named without a colon', (dialling) => {
    assert(dialling.transport.schemes.length > 0, 'at least one scheme')
    for (const scheme of dialling.transport.schemes) assert(/^[a-z][a-z0-9+.-]*$/u.test(scheme), `scheme ${scheme}`)
    assert(dialling.transport.schemes.includes(dialling.address.split(':')[0] ?? ''), `scheme of ${dialling.address}`)
    return Promise.resolve()
  }),
]
