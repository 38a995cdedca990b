import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silent } from '@knotwork/core'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebhookFile } from './webhook-file.ts'
import { Webhooks, type WebhooksOptions } from './webhooks.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let directory: string
let server: Server
let heard: Heard[]
/** What the endpoint answers next; 204 when there is nothing. */
let answers: number[]
const open: Webhooks[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-webhooks-'))
  ;[heard, answers] = [[], []]
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(answers.shift() ?? 204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
})

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
const path = (): string => join(directory, 'webhooks.json')

async function webhooks(options: Partial<WebhooksOptions> = {}): Promise<Webhooks> {
  const made = await Webhooks.open({
    endpoints: [{ url: url(), secret }],
    file: new WebhookFile(path(), silent),
    log: silent,
    rest: { quietMs: 5, maxMs: 20, retriesMax: 0 },
    retriesMs: [5, 10],
    ...options,
  })
  open.push(made)
  return made
}

describe('[HK7] webhooks', () => {
  it('[HK7] are signed, and one for changes that follow one another', async () => {
    const one = await webhooks({ rest: { quietMs: 50, maxMs: 5_000, retriesMax: 0 } })
    for (let i = 0; i < 10; i++) one.changed('notes/today')
    await expect.poll(() => heard.length).toBe(1)
    const { headers, body } = heard[0]!
    const read = new Webhook(secret).verify(body, headers as Record<string, string>)
    expect(read).toMatchObject({ type: 'document.changed', data: { document: 'notes/today' } })
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow(/signature/iu)
    await expect.poll(() => one.state.waiting.length).toBe(0)
    one.changed('another')
    await expect.poll(() => heard.length).toBe(2)
  })

  it('[HK7] come again with the same id until they are taken', async () => {
    answers = [500, 302]
    const one = await webhooks()
    one.changed('a')
    await expect.poll(() => heard.length).toBe(3)
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    await expect.poll(() => one.state).toEqual({ waiting: [], dead: [] })
  })

  it('[HK7] are kept aside when they were not taken, also over a restart, and can be sent once more', async () => {
    answers = [500, 500, 500]
    const one = await webhooks()
    one.changed('a')
    await expect.poll(() => one.state.dead.length).toBe(1)
    expect(one.state.dead[0]).toMatchObject({ document: 'a', attempts: 3, why: 'it answered 500' })
    await one.close()
    expect((await stat(path())).mode & 0o077).toBe(0)
    const two = await webhooks()
    expect(two.state.dead).toEqual(one.state.dead)
    expect(heard.length).toBe(3)
    expect(await two.revive()).toBe(1)
    await expect.poll(() => heard.length).toBe(4)
    await expect.poll(() => two.state).toEqual({ waiting: [], dead: [] })
  })

  it('[HK7] that wait when the peer stops are sent after its next start', async () => {
    answers = [503]
    const one = await webhooks({ retriesMs: [60_000] })
    one.changed('a')
    await expect.poll(() => one.state.waiting[0]?.attempts).toBe(1)
    one.changed('b')
    await one.close()
    expect(heard.length).toBeLessThanOrEqual(2)
    const two = await webhooks()
    expect(two.state.waiting.map(({ document }) => document)).toContain('a')
    await expect.poll(() => heard.some(({ body }) => body.includes('"b"'))).toBe(true)
  })

  it('[HK7] whose endpoint is gone are not sent again', async () => {
    answers = [410]
    const one = await webhooks({ retriesMs: [5, 5, 5] })
    one.changed('a')
    await expect.poll(() => one.state.dead.length).toBe(1)
    expect(heard.length).toBe(1)
  })

  it('[HK7] want an address and a secret, and survive a file that cannot be read', async () => {
    for (const endpoint of [
      { url: 'nowhere', secret },
      { url: 'ftp://host/', secret },
      { url: url(), secret: 'whsec_c2hvcnQ=' },
      { url: url(), secret: 'x'.repeat(40) },
    ]) {
      await expect(webhooks({ endpoints: [endpoint] })).rejects.toMatchObject({ name: 'KnotworkError' })
    }
    await writeFile(path(), '{"waiting":')
    expect((await webhooks()).state).toEqual({ waiting: [], dead: [] })
  })
})
