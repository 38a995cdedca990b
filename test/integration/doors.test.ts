import { closeCode } from '@knotwork/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeOf, YjsClient } from './yjs-client.ts'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { updateOf } from './yjs-updates.ts'

let directory: TemporaryDirectory

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
})

afterAll(() => directory[Symbol.asyncDispose]())

describe('a peer with a token', () => {
  const token = 'söcret & more'
  let peer: PeerProcess

  beforeAll(async () => {
    peer = await PeerProcess.start(directory.at('token'), { env: { KNOTWORK_TOKEN: token } })
  })

  afterAll(() => peer[Symbol.asyncDispose]())

  it('asks for it on /v1, in the header or in the query', async () => {
    const encoded = encodeURIComponent(token)
    const update = updateOf('secret text')
    const missing = await peer.ask('/v1/docs/a')
    expect(missing).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(missing.json()).toMatchObject({ code: 'token-missing' })
    for (const wrong of ['', 'x', token.slice(1), `${token} `, encoded]) {
      const answer = await peer.ask(`/v1/docs/a?token=${encodeURIComponent(wrong)}`)
      expect(answer.json()).toMatchObject({ code: 'token-wrong' })
    }
    expect((await peer.ask('/v1/docs/a', { headers: { authorization: 'Bearer x' } })).status).toBe(401)
    expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body: update })).status).toBe(401)
    expect((await peer.ask(`/v1/docs/a?token=${encoded}`, { method: 'PATCH', body: update })).status).toBe(200)
    const authorization = `Bearer ${Buffer.from(token).toString('latin1')}`
    expect((await peer.ask('/v1/docs/a', { headers: { authorization } })).json()).toEqual({ body: 'secret text' })
  })

  it('asks for it on /yjs, and says so with a close code', async () => {
    const encoded = encodeURIComponent(token)
    expect(await closeOf(`${peer.webSocketUrl}/yjs/a`)).toMatchObject({
      code: closeCode.token,
      reason: /shared token/u,
    })
    expect(await closeOf(`${peer.webSocketUrl}/yjs/a?token=x`)).toMatchObject({ code: closeCode.token })
    using client = new YjsClient(`${peer.webSocketUrl}/yjs/a?token=${encoded}`)
    await expect.poll(() => client.text).toBe('secret text')
  })

  it('[TR5] asks for it on /peer: a peer without it is turned away and told why, one with it is linked', async () => {
    const args = ['--connect', peer.url]
    await using stranger = await PeerProcess.start(directory.at('stranger'), { args })
    await stranger.until(() => stranger.lines.some((line) => /"state":"waiting","why":"[^"]*token/u.test(line)))
    await using wrong = await PeerProcess.start(directory.at('wrong'), { args, env: { KNOTWORK_TOKEN: 'x' } })
    await wrong.until(() => wrong.lines.some((line) => /"state":"waiting","why":"[^"]*token/u.test(line)))
    await using friend = await PeerProcess.start(directory.at('friend'), { args, env: { KNOTWORK_TOKEN: token } })
    await friend.until(() => friend.linkedTo.includes(peer.id))
    expect([stranger.linkedTo, wrong.linkedTo]).toEqual([[], []])
  })

  it('lets pages of any origin in that know it', async () => {
    const origin = 'https://app.example'
    const answer = await peer.ask(`/v1/docs/a?token=${encodeURIComponent(token)}`, { headers: { origin } })
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } })
    const preflight = await peer.ask('/v1/docs/a', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH' },
    })
    expect(preflight).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE' },
    })
    expect(await closeOf(`${peer.webSocketUrl}/yjs/a`, { origin })).toMatchObject({ code: closeCode.token })
  })

  it('never writes it down', async () => {
    const encoded = encodeURIComponent(token)
    await peer.ask(`/v1/docs/%00?token=${encoded}`)
    await peer.ask(`/nowhere?token=${encoded}`)
    await closeOf(`${peer.webSocketUrl}/nowhere?token=${encoded}`)
    const written = peer.lines.join('\n') + peer.errors
    expect(written).not.toContain(token)
    expect(written).not.toContain(encoded)
  })
})

describe('a peer on this machine without a token', () => {
  let peer: PeerProcess

  beforeAll(async () => {
    const args = ['--origin', 'https://friend.example', '--log-level', 'debug']
    peer = await PeerProcess.start(directory.at('loopback'), { args })
    await peer.ask('/v1/docs/a', { method: 'PATCH', body: updateOf('local text') })
  })

  afterAll(() => peer[Symbol.asyncDispose]())

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])('keeps pages from %s out', async (origin) => {
    const answer = await peer.ask('/v1/docs/a', { headers: { origin } })
    expect(answer.json()).toMatchObject({ status: 403, code: 'foreign-origin' })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect((await peer.ask('/v1/docs/a', { method: 'OPTIONS', headers: { origin } })).status).toBe(403)
    for (const path of ['/yjs/a', '/peer']) {
      const close = await closeOf(`${peer.webSocketUrl}${path}`, { origin })
      expect(close).toMatchObject({
        code: closeCode.proof,
        reason: expect.stringContaining('--origin') as string,
      })
    }
  })

  it('lets in its own page, pages from allowed origins, and what is no page', async () => {
    for (const origin of [peer.url, 'https://friend.example']) {
      const answer = await peer.ask('/v1/docs/a', { headers: { origin } })
      expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } })
    }
    expect((await peer.ask('/v1/docs/a')).json()).toEqual({ body: 'local text' })
  })

  it('answers only for names of this machine, so that no page can borrow its address', async () => {
    const { port } = new URL(peer.url)
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`]) {
      expect((await peer.ask('/v1/docs/a', { headers: { host } })).json()).toMatchObject({ code: 'foreign-host' })
      expect((await peer.ask('/', { headers: { host } })).status).toBe(403)
      const close = await closeOf(`${peer.webSocketUrl}/yjs/a`, { host, origin: `http://${host}` })
      expect(close).toMatchObject({ code: closeCode.proof })
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'friend.example']) {
      expect((await peer.ask('/v1/docs/a', { headers: { host } })).status).toBe(200)
    }
  })

  it('closes WebSockets to nowhere, and to no name, with a reason', async () => {
    expect(await closeOf(`${peer.webSocketUrl}/nowhere`)).toMatchObject({
      code: closeCode.garbage,
      reason: /\/yjs\/<name>/u,
    })
    expect(await closeOf(`${peer.webSocketUrl}/yjs/`)).toMatchObject({ code: closeCode.garbage, reason: /name/u })
    expect(await closeOf(`${peer.webSocketUrl}/yjs`)).toMatchObject({ code: closeCode.garbage, reason: /name/u })
    expect(await closeOf(`${peer.webSocketUrl}/yjs/${'x'.repeat(1_025)}`)).toMatchObject({ code: closeCode.garbage })
  })

  it('[WI9] is asked by name over /yjs, too', async () => {
    for (const name of ['..', '__proto__', '%2F', 'a/b', '100%', '👋']) {
      using one = new YjsClient(`${peer.webSocketUrl}/yjs?room=${encodeURIComponent(name)}`)
      one.socket.once('open', () => one.doc.getText('body').insert(0, `this is ${name}`))
      const target = `/v1/docs?doc=${encodeURIComponent(name)}`
      await expect.poll(async () => (await peer.ask(target)).text).toBe(JSON.stringify({ body: `this is ${name}` }))
    }
    using raw = new YjsClient(`${peer.webSocketUrl}/yjs/100%`)
    await expect.poll(() => raw.text).toBe('this is 100%')
  })
})

describe('a public bind', () => {
  it('is refused without a token, with the remedy and exit code 2', async () => {
    await using peer = new PeerProcess(directory.at('public'), { args: ['--host', '0.0.0.0'] })
    expect(await peer.ended()).toBe(2)
    expect(peer.errors).toMatch(/without a token.*--token.*--open/su)
    expect(peer.lines).toEqual([])
  })

  it('is allowed with one, or when it is said to be meant', async () => {
    await using secret = await PeerProcess.start(directory.at('public'), {
      args: ['--host', '0.0.0.0', '--token', 'x'],
    })
    expect((await secret.ask('/v1/docs/a')).status).toBe(401)
    secret.kill('SIGTERM')
    await secret.ended()
    await using open = await PeerProcess.start(directory.at('public'), {
      args: ['--host', '0.0.0.0'],
      env: { KNOTWORK_OPEN: '1' },
    })
    expect((await open.ask('/v1/docs/a', { headers: { host: 'any.example' } })).status).toBe(404)
  })
})
