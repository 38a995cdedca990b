/** Node peers that find one another by multicast DNS: real processes, real packets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import multicastDns from 'multicast-dns'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'

let directory: TemporaryDirectory

/** Why multicast does not work here; null when it does. */
async function whyNoMulticast(): Promise<string | null> {
  const [a, b] = [multicastDns(), multicastDns()]
  const name = `probe-${process.pid}.local`
  try {
    return await new Promise((resolve) => {
      for (const each of [a, b]) each.on('error', (error: Error) => resolve(error.message))
      b.on('query', ({ questions = [] }) => {
        if (questions.some((question) => question.name === name)) resolve(null)
      })
      const ask = setInterval(() => a.query(name, 'A'), 200)
      setTimeout(() => {
        clearInterval(ask)
        resolve('no multicast packet comes back to this machine')
      }, 2_000)
    })
  } finally {
    for (const each of [a, b]) each.destroy()
  }
}

const noMulticast = await whyNoMulticast()
if (noMulticast !== null) console.warn(`SKIPPED: peers on a local network: ${noMulticast}`)

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
})

afterAll(() => directory[Symbol.asyncDispose]())

const found = (name: string, token: string, ...args: readonly string[]): Promise<PeerProcess> =>
  PeerProcess.start(directory.at(name), {
    args: ['--lan', '--host', '0.0.0.0', '--log-level', 'debug', ...args],
    env: { KNOTWORK_TOKEN: token },
  })

describe.skipIf(noMulticast !== null)('peers on a local network', () => {
  it('find each other and link; those with another token do not; who leaves says goodbye', async () => {
    const token = `token of ${process.pid}`
    await using a = await found('a', token)
    const heard: string[] = []
    const listener = multicastDns()
    listener.on('response', ({ answers = [] }) => {
      for (const each of answers) if (each.type === 'PTR' && each.ttl === 0) heard.push(String(each.data))
    })
    await using b = await found('b', token)
    await using stranger = await found('stranger', 'another')
    await a.until(() => a.linkedTo.includes(b.id))
    await b.until(() => b.linkedTo.includes(a.id))
    await stranger.until(() => stranger.errors.includes('lanPeerFound'))
    await stranger.until(() => stranger.lines.some((line) => /"state":"waiting","why":"[^"]*token/u.test(line)))
    expect(stranger.linkedTo).toEqual([])
    expect(a.errors).not.toContain(`"id":"${a.id}"`)
    b.kill('SIGTERM')
    expect(await b.ended()).toBe(0)
    await expect.poll(() => heard.some((name) => name.startsWith(b.id)), { timeout: 5_000 }).toBe(true)
    listener.destroy()
  })

  it('that only this machine reaches dial others, and are not announced', async () => {
    const token = `hidden ${process.pid}`
    await using open = await found('open', token)
    await using hidden = await found('hidden', token, '--host', '127.0.0.1')
    await hidden.until(() => hidden.linkedTo.includes(open.id))
    expect(hidden.errors).toContain('lanNotAnnounced')
    expect(open.errors).not.toContain(`"id":"${hidden.id}","address"`)
  })
})
