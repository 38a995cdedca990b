/** y-webrtc's signalling at a real node peer: talk, garbage, floods, and readers that do not read. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { closeCode } from '@knotwork/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { signallingLimits } from '../../node-peer/src/signalling/signalling-limits.ts'
import { eventually } from './eventually.ts'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { closed, closeOf, type Closed } from './yjs-client.ts'

const limits = signallingLimits

class SignallingClient implements Disposable {
  readonly socket: WebSocket
  readonly heard: Record<string, unknown>[] = []
  readonly closed: Promise<Closed>

  private constructor(url: string) {
    this.socket = new WebSocket(url)
    this.closed = closed(this.socket)
    this.socket.on('message', (data: Buffer) => void this.heard.push(JSON.parse(data.toString()) as never))
  }

  static async open(peer: PeerProcess, ...topics: readonly string[]): Promise<SignallingClient> {
    const client = new SignallingClient(`${peer.webSocketUrl}/signal`)
    await once(client.socket, 'open')
    if (topics.length > 0) client.say({ type: 'subscribe', topics })
    return client
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}

let directory: TemporaryDirectory
let peer: PeerProcess

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
  peer = await PeerProcess.start(directory.at('peer'))
})

afterAll(async () => {
  await peer[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** Resident memory of the peer; 0 where the system does not tell. */
function residentMiB(): number {
  try {
    const kib = /VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${peer.pid}/status`, 'utf8'))?.[1]
    return Number(kib) / 1024
  } catch {
    return 0
  }
}

describe('/signal', () => {
  it('[SG1] [SG2] passes on what is published to all who subscribed, its sender too', async () => {
    using ada = await SignallingClient.open(peer, 'a', 'b')
    using bob = await SignallingClient.open(peer, 'a')
    using eve = await SignallingClient.open(peer)
    bob.say({ type: 'ping' })
    eve.say({ type: 'ping' })
    await eventually('subscribed', () => bob.heard.length > 0 && eve.heard.length > 0)
    ada.say({ type: 'publish', topic: 'a', data: { from: 'ada', emoji: '🪢' } })
    const expected = { type: 'publish', topic: 'a', data: { from: 'ada', emoji: '🪢' }, clients: 2 }
    await eventually('both heard it', () => ada.heard.length > 0 && bob.heard.length > 1)
    expect([ada.heard, bob.heard, eve.heard]).toEqual([[expected], [{ type: 'pong' }, expected], [{ type: 'pong' }]])
    bob.say({ type: 'unsubscribe', topics: ['a'] })
    bob.say({ type: 'publish', topic: 'a', data: 1 })
    await eventually('one receiver', () => ada.heard.length === 2)
    expect(ada.heard[1]).toMatchObject({ clients: 1 })
  })

  it('[SG4] garbage of every kind ends its own socket with a reason, and nothing else', async () => {
    using witness = await SignallingClient.open(peer, 'witness')
    const frames: readonly (string | Uint8Array)[] = [
      '{',
      'null',
      '{"type":"subscribe","topics":"a"}',
      '{"type":"subscribe","topics":[{}]}',
      '{"type":"publish","topic":7}',
      '['.repeat(60_000),
      JSON.stringify({ type: 'subscribe', topics: ['x'.repeat(limits.topicBytesMax + 1)] }),
      JSON.stringify({ type: 'publish', topic: 'witness', data: 'x'.repeat(limits.messageBytesMax) }),
      JSON.stringify({ type: 'subscribe', topics: Array.from({ length: 5_000 }, (_, n) => `${n}`) }),
      Uint8Array.of(123, 125),
    ]
    for (const frame of frames) {
      using client = await SignallingClient.open(peer, 'witness')
      client.socket.send(frame)
      expect(await client.closed).toEqual({ code: closeCode.garbage, reason: expect.stringMatching(/./u) as string })
    }
    using giant = await SignallingClient.open(peer)
    giant.socket.send('x'.repeat(limits.payloadBytesMax + 1))
    expect((await giant.closed).code).toBe(1009)
    using binary = await SignallingClient.open(peer)
    binary.socket.send(new Uint8Array(0))
    expect(await binary.closed).toMatchObject({ code: closeCode.garbage, reason: /binary/u })
    witness.say({ type: 'publish', topic: 'witness' })
    await eventually('the witness goes on', () => witness.heard.length > 0)
    expect(witness.heard.at(-1)).toEqual({ type: 'publish', topic: 'witness', clients: 1 })
  })

  it('[SG4] a flood ends the flooder, and takes no memory', async () => {
    using witness = await SignallingClient.open(peer, 'flood')
    const before = residentMiB()
    for (let round = 0; round < 10; round++) {
      using flooder = await SignallingClient.open(peer, 'flood')
      for (let sent = 0; sent < 5 * limits.messagesBurst; sent++) {
        flooder.say({ type: 'publish', topic: `nobody ${round} ${sent}`, data: 'x'.repeat(500) })
      }
      expect(await flooder.closed).toMatchObject({ code: closeCode.garbage, reason: /too many/u })
    }
    const after = residentMiB()
    expect(after - before).toBeLessThan(64)
    witness.say({ type: 'ping' })
    await eventually('the witness goes on', () => witness.heard.length > 0)
  })

  it('[SG5] who does not read is closed; others hear everything meanwhile', async () => {
    using reader = await SignallingClient.open(peer, 'slow')
    using sleeper = await SignallingClient.open(peer, 'slow')
    sleeper.say({ type: 'ping' })
    await eventually('subscribed', () => sleeper.heard.length > 0)
    sleeper.socket.pause()
    let published = 0
    while (reader.heard.at(-1)?.['clients'] !== 1 && published < 600) {
      for (let copies = 0; copies < 10; copies++, published++) {
        reader.say({ type: 'publish', topic: 'slow', data: 'x'.repeat(limits.messageBytesMax - 100) })
      }
      await eventually('the reader has it all', () => reader.heard.length === published)
    }
    expect(reader.heard.at(-1)).toMatchObject({ clients: 1 })
    sleeper.socket.resume()
    expect((await sleeper.closed).code).toBe(closeCode.slow)
  })

  it('[SG7] foreign pages are kept out, and with a token everybody who lacks it', async () => {
    const foreign = await closeOf(`${peer.webSocketUrl}/signal`, { origin: 'https://evil.example' })
    expect(foreign.code).toBe(closeCode.proof)
    const renamed = await closeOf(`${peer.webSocketUrl}/signal`, { host: 'evil.example' })
    expect(renamed.code).toBe(closeCode.proof)
    await using guarded = await PeerProcess.start(directory.at('guarded'), { env: { KNOTWORK_TOKEN: 'secret' } })
    expect(await closeOf(`${guarded.webSocketUrl}/signal`)).toMatchObject({ code: closeCode.token })
    const socket = new WebSocket(`${guarded.webSocketUrl}/signal?token=secret`)
    await once(socket, 'open')
    socket.send('{"type":"ping"}')
    expect(String(((await once(socket, 'message')) as [Buffer])[0])).toBe('{"type":"pong"}')
    socket.terminate()
  })
})
