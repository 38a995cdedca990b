import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { closeCode } from '@knotwork/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { encodeYjs } from '../../core/src/wire/yjs-wire.ts'
import { testBytes } from '@knotwork/core/contracts'
import { closed, closeOf, YjsClient } from './yjs-client.ts'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { updateOf } from './yjs-updates.ts'

let directory: TemporaryDirectory
let peer: PeerProcess
/** Somebody who has nothing to do with all this, and a friend of theirs. */
let bystander: YjsClient
let friend: YjsClient
let bystanderCloses = 0

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
  peer = await PeerProcess.start(directory.path, { args: ['--log-level', 'warn'] })
  bystander = new YjsClient(`${peer.webSocketUrl}/yjs/bystander`)
  friend = new YjsClient(`${peer.webSocketUrl}/yjs/bystander`)
  bystander.socket.on('close', () => bystanderCloses++)
  await Promise.all([once(bystander.socket, 'open'), once(friend.socket, 'open')])
})

afterAll(async () => {
  bystander[Symbol.dispose]()
  friend[Symbol.dispose]()
  await peer[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** What the others have noticed: to be compared with `nothing`. */
async function noticed(): Promise<object> {
  const wanted = `${bystander.text}.`
  bystander.doc.getText('body').insert(0, '.')
  await expect.poll(() => friend.text).toBe(wanted)
  return { readyStatus: (await peer.ask('/ready')).status, bystanderCloses, hasEnded: peer.exit !== undefined }
}

const nothing = { readyStatus: 200, bystanderCloses: 0, hasEnded: false }

async function opened(path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${peer.webSocketUrl}${path}`)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}

/** Sends frames, on a new connection whenever one was closed; the codes with which that happened. */
async function pour(path: string, frames: readonly Uint8Array[]): Promise<ReadonlySet<number>> {
  const codes = new Set<number>()
  let rest = frames
  while (rest.length > 0) {
    const socket = await opened(path)
    const closing = closed(socket).then(({ code }) => codes.add(code))
    let sent = 0
    for (; sent < rest.length && socket.readyState === WebSocket.OPEN; sent++) {
      socket.send(rest[sent] ?? new Uint8Array())
      if (sent % 20 === 19) await new Promise((resolve) => setImmediate(resolve))
    }
    rest = rest.slice(sent)
    if (rest.length === 0) socket.close()
    await closing
  }
  return codes
}

/** What a client of y-websocket's wire says, with some bytes changed. */
function mutatedYjsFrames(count: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'some text')
  doc.getText('body').delete(2, 3)
  doc.getMap('map').set('key', { value: [1, 2, 3] })
  const valid = [
    encodeYjs({ type: 'step1', stateVector: Y.encodeStateVector(doc) }),
    encodeYjs({ type: 'step2', update: Y.encodeStateAsUpdate(doc) }),
    encodeYjs({ type: 'update', update: updateOf('more') }),
    encodeYjs({ type: 'awareness', states: Uint8Array.of(1, 7, 1, 7, ...new TextEncoder().encode('{"a":1}')) }),
    encodeYjs({ type: 'queryAwareness' }),
  ]
  return Array.from({ length: count }, (_, seed) => {
    const frame = (valid[seed % valid.length] ?? new Uint8Array()).slice()
    const [changes = 0, ...random] = testBytes(seed, 12)
    for (let i = 0; i <= changes % 4; i++) frame[(random[2 * i] ?? 0) % frame.byteLength] = random[2 * i + 1] ?? 0
    return changes % 5 === 0 ? frame.subarray(0, (random[9] ?? 0) % frame.byteLength) : frame
  })
}

const randomFrames = (count: number) => Array.from({ length: count }, (_, seed) => testBytes(seed, 1 + (seed % 200)))

describe('[TR3] garbage in frames', () => {
  it.each(['/peer', '/yjs/garbage'])('%s closes a link on a text frame', async (path) => {
    const socket = await opened(path)
    const closing = closed(socket)
    socket.send('hello')
    expect(await closing).toMatchObject({ code: closeCode.garbage, reason: expect.stringContaining('text') as string })
    expect(await noticed()).toEqual(nothing)
  })

  it.each(['/peer', '/yjs/garbage'])('%s takes no frame that is too big', async (path) => {
    const socket = await opened(path)
    const closing = closed(socket)
    socket.send(new Uint8Array(70 * 1024 * 1024))
    expect([1006, 1009]).toContain((await closing).code)
    expect(await noticed()).toEqual(nothing)
  })

  it('/peer closes on random bytes', async () => {
    const codes = await pour('/peer', randomFrames(1_000))
    expect([...codes].filter((code) => code >= 1_000 && code < 1_012 && ![1_005, 1_006].includes(code))).toEqual([])
    expect(codes).toContain(closeCode.garbage)
    expect(await noticed()).toEqual(nothing)
  })

  it('/yjs survives random bytes, mutated messages and empty frames, and the document stays whole', async () => {
    using witness = new YjsClient(`${peer.webSocketUrl}/yjs/garbage`)
    await once(witness.socket, 'open')
    await pour('/yjs/garbage', [...randomFrames(2_000), new Uint8Array(), ...mutatedYjsFrames(4_000)])
    witness.doc.getText('witness').insert(0, 'still here')
    using late = new YjsClient(`${peer.webSocketUrl}/yjs/garbage`)
    await expect.poll(() => late.doc.getText('witness').toString()).toBe('still here')
    expect(await noticed()).toEqual(nothing)
  })

  it('costs no memory that stays', async (test) => {
    if (process.platform !== 'linux') test.skip('memory of another process is read from /proc')
    const before = await residentBytes(peer.pid)
    for (let round = 0; round < 5; round++) await pour('/yjs/garbage', [...randomFrames(500), ...mutatedYjsFrames(500)])
    expect((await residentBytes(peer.pid)) - before).toBeLessThan(64 * 1024 * 1024)
    expect(await noticed()).toEqual(nothing)
  })
})

describe('[TR3] garbage below frames', () => {
  it.each([
    ['reserved bits', [0xf2, 0x80, 0, 0, 0, 0]],
    ['an unknown opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['a frame without a mask', [0x82, 0x01, 0x00]],
    ['a length beyond all numbers', [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0]],
    ['a close with half a code', [0x88, 0x81, 0, 0, 0, 0, 3]],
    ['a close with a code that is none', [0x88, 0x82, 0, 0, 0, 0, 0, 1]],
    ['text that is no UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]],
    ['a big control frame', [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]],
  ])('%s ends that connection only', async (_, bytes) => {
    for (const path of ['/peer', '/yjs/garbage']) {
      const socket = await handshaken(path)
      socket.write(Uint8Array.from(bytes))
      await ended(socket)
    }
    expect(await noticed()).toEqual(nothing)
  })

  it('what is no HTTP, half a handshake, or a handshake with wrong words', async () => {
    const texts = [
      'garbage\r\n\r\n',
      '\0\0\0\0\0\0\r\n\r\n',
      'GET /peer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /peer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n',
      'POST /peer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
      `GET /v1/docs/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      'GET /v1/docs/a HTTP/1.1\r\nHost: \\\\@@\r\nConnection: close\r\n\r\n',
      'GET nonsense HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'GET http://other/v1/docs/a HTTP/1.1\r\nConnection: close\r\n\r\n',
    ]
    for (const text of texts) {
      const socket = plainSocket()
      socket.write(text)
      await ended(socket)
    }
    for (const cut of ['GET /pe', 'GET /peer HTTP/1.1\r\nUpgrade: webs']) {
      const socket = plainSocket()
      socket.write(cut)
      await once(socket, 'connect')
      socket.destroy()
    }
    expect(await noticed()).toEqual(nothing)
  })

  it('clients that hang up at once', async () => {
    for (let n = 0; n < 100; n++) {
      const socket = new WebSocket(`${peer.webSocketUrl}${n % 2 === 0 ? '/peer' : '/yjs/garbage'}`)
      socket.on('error', () => undefined)
      if (n % 4 < 2) await once(socket, 'open')
      socket.terminate()
    }
    expect(await closeOf(`${peer.webSocketUrl}/nowhere`)).toMatchObject({ code: closeCode.garbage })
    expect(await noticed()).toEqual(nothing)
  })
})

function plainSocket(): Socket {
  const socket = connect(Number(new URL(peer.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  return socket
}

async function handshaken(path: string): Promise<Socket> {
  const socket = plainSocket()
  const head = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket']
  const key = Buffer.alloc(16).toString('base64')
  socket.write([...head, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`, '', ''].join('\r\n'))
  await once(socket, 'data')
  return socket
}

async function ended(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close')
}

async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1]) * 1024
}
