import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { closed, YjsClient } from './yjs-client.ts'
import { bodyOf, updateOf } from './yjs-updates.ts'

let directory: TemporaryDirectory

beforeEach(async () => {
  directory = await TemporaryDirectory.make()
})

afterEach(() => directory[Symbol.asyncDispose]())

describe('starting', () => {
  it('says as JSON where it listens, and serves from its data directory with its own identity', async () => {
    const ids: string[] = []
    for (let start = 0; start < 2; start++) {
      await using peer = await PeerProcess.start(directory.at('data'))
      const listening: unknown = JSON.parse(peer.lines[0] ?? '')
      const { port } = new URL(peer.url)
      expect(listening).toEqual({
        event: 'listening',
        url: `http://127.0.0.1:${port}`,
        id: expect.stringMatching(/^[\w-]{43}$/u) as string,
        data: directory.at('data'),
        durability: 'disk',
        addresses: expect.arrayContaining([`ws://127.0.0.1:${port}/peer`]),
        whyNotDirect: null,
      })
      ids.push(peer.id)
      peer.kill('SIGTERM')
      expect(await peer.ended()).toBe(0)
    }
    expect(ids[0]).toBe(ids[1])
    expect((await stat(directory.at('data/identity.pem'))).mode & 0o777).toBe(
      process.platform === 'win32' ? 0o666 : 0o600,
    )
  })

  it('takes the next free port when 4000 is taken and no port was asked for, and says so', async () => {
    const blocker = await listenOn(4_000)
    await using peer = new PeerProcess(directory.path, { port: 'default' })
    await peer.until(() => peer.lines.length > 0)
    expect(Number(new URL(peer.url).port)).toBeGreaterThan(4_000)
    expect(peer.errors).toContain('port 4000 is taken')
    blocker?.close()
  })

  it('fails with exit code 1 when the port that was asked for is taken', async () => {
    const blocker = await listenOn(0)
    const port = portOf(blocker)
    await using peer = new PeerProcess(directory.path, { args: ['--port', String(port)] })
    expect(await peer.ended()).toBe(1)
    expect(peer.errors).toBe(`knotwork: port ${port} on 127.0.0.1 is taken by another process\n`)
    blocker?.close()
  })

  it('fails with exit code 1 when another process holds the data, which is not disturbed', async () => {
    await using first = await PeerProcess.start(directory.path)
    await using second = new PeerProcess(directory.path)
    expect(await second.ended()).toBe(1)
    expect(second.errors).toMatch(/^knotwork: another process is using the data in .*\n$/u)
    expect((await first.ask('/ready')).status).toBe(200)
    expect((await first.ask('/v1/docs/a', { method: 'PATCH', body: updateOf('a') })).status).toBe(200)
  })

  it.each([
    [['--nonsense'], /unknown option '--nonsense'/u],
    [['one', 'two'], /too many arguments/u],
    [['--port', '70000'], /0 to 65535/u],
    [['--log-level', 'loud'], /Allowed choices/u],
    [['--connect', 'nonsense'], /no address/u],
    [['--connect', 'gopher://host'], /no transport/u],
    [['--host', '192.0.2.1', '--open'], /no address of this machine/u],
  ])('does not start with %j', async (args, message) => {
    await using peer = new PeerProcess(directory.path, { args })
    expect(await peer.ended()).toBe(1)
    expect(peer.errors).toMatch(message)
    expect(peer.lines).toEqual([])
  })

  it('is set by variables as well, and flags go before them', async () => {
    const env = { KNOTWORK_TOKEN: 'from the environment', KNOTWORK_LOG_LEVEL: 'silent', KNOTWORK_OPEN: 'false' }
    await using peer = await PeerProcess.start(directory.path, { env, args: ['--token', 'flag'] })
    expect((await peer.ask('/v1/docs/a?token=from%20the%20environment')).status).toBe(401)
    expect((await peer.ask('/v1/docs/a?token=flag')).status).toBe(404)
    await using open = new PeerProcess(directory.at('b'), {
      env: { KNOTWORK_OPEN: 'false' },
      args: ['--host', '0.0.0.0'],
    })
    expect(await open.ended()).toBe(2)
  })
})

describe('stopping', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s closes links with 1001, keeps everything, and ends with 0',
    async (signal) => {
      await using peer = await PeerProcess.start(directory.path)
      using client = new YjsClient(`${peer.webSocketUrl}/yjs/a`)
      await once(client.socket, 'open')
      const closing = closed(client.socket)
      for (const character of 'typed until the end') client.doc.getText('body').insert(client.text.length, character)
      // What has reached the peer is what it answers for; a request on another connection may pass what was typed.
      await expect.poll(async () => (await peer.ask('/v1/docs/a')).text).toContain('typed until the end')
      const last = peer.ask('/v1/docs/b', { method: 'PATCH', body: updateOf('the last one') })
      expect((await last).status).toBe(200)
      peer.kill(signal)
      expect(await closing).toMatchObject({ code: 1001 })
      expect(await peer.ended()).toBe(0)
      expect(peer.lines.at(-1)).toBe('{"event":"closed"}')

      await using again = await PeerProcess.start(directory.path)
      const accept = 'application/vnd.yjs.update'
      expect(bodyOf((await again.ask('/v1/docs/a', { headers: { accept } })).bytes)).toBe('typed until the end')
      expect((await again.ask('/v1/docs/b')).json()).toEqual({ body: 'the last one' })
    },
  )

  it('on a second signal ends at once', async () => {
    await using peer = await PeerProcess.start(directory.path)
    const socket = await unansweringWebSocket(Number(new URL(peer.url).port))
    peer.kill('SIGTERM')
    await peer.until(() => peer.errors.includes('closing'))
    const start = performance.now()
    peer.kill('SIGTERM')
    expect(await peer.ended()).toBe(1)
    expect(performance.now() - start).toBeLessThan(1_000)
    socket.destroy()
  })

  it('does not wait for ever for a client that does not answer', async () => {
    await using peer = await PeerProcess.start(directory.path)
    const socket = await unansweringWebSocket(Number(new URL(peer.url).port))
    const start = performance.now()
    peer.kill('SIGTERM')
    expect(await peer.ended()).toBe(0)
    expect(performance.now() - start).toBeLessThan(10_000)
    socket.destroy()
  })
})

/** Holds a port; null when somebody else does. */
async function listenOn(port: number): Promise<ReturnType<typeof createServer> | null> {
  const server = createServer().listen({ port, host: '127.0.0.1' })
  try {
    await once(server, 'listening')
    return server
  } catch {
    return null
  }
}

function portOf(server: ReturnType<typeof createServer> | null): number {
  return (server?.address() as AddressInfo | null)?.port ?? 0
}

/** A WebSocket client that never says anything again, not even that it has heard a close. */
async function unansweringWebSocket(port: number): Promise<ReturnType<typeof connect>> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const key = Buffer.alloc(16).toString('base64')
  const head = ['GET /yjs/a HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Connection: Upgrade', 'Upgrade: websocket']
  socket.write([...head, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`, '', ''].join('\r\n'))
  await once(socket, 'data')
  return socket
}
