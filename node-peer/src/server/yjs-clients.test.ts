import { EventEmitter } from 'node:events'
import { silent, yjsKeepAlive, type Link, type LinkReceiver } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { YjsClients } from './yjs-clients.ts'

/** As much of an open WebSocket as is used here. */
class FakeSocket extends EventEmitter {
  readyState: number = WebSocket.OPEN
  readonly bufferedAmount = 0
  readonly sent: Uint8Array[] = []
  pings = 0
  isTerminated = false

  send(frame: Uint8Array): void {
    this.sent.push(frame)
  }

  ping(): void {
    this.pings++
  }

  terminate(): void {
    this.isTerminated = true
    this.readyState = WebSocket.CLOSED
    this.emit('close', 1006, new Uint8Array())
  }
}

function join(clients: YjsClients): {
  readonly socket: FakeSocket
  readonly link: () => Link
  readonly attached: string[]
} {
  const socket = new FakeSocket()
  const attached: string[] = []
  let joined: Link | null = null
  const accept = (link: Link): LinkReceiver => {
    attached.push('a')
    joined = link
    return { received: () => undefined, closed: () => undefined }
  }
  const conversation = { accept, keepAlive: () => yjsKeepAlive }
  clients.add(socket as unknown as WebSocket, { from: '192.0.2.1' }, conversation)
  return {
    socket,
    attached,
    link() {
      if (joined === null) throw new Error('not attached')
      return joined
    },
  }
}

describe('YjsClients', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('keeps a silent client from leaving: something comes at least every 20 s', () => {
    const { socket } = join(new YjsClients(silent))
    for (let waitedMs = 0; waitedMs < 300_000; waitedMs += 20_000) {
      const before = socket.sent.length
      socket.emit('pong')
      vi.advanceTimersByTime(20_000)
      expect(socket.sent.length).toBeGreaterThan(before)
    }
    expect(socket.sent.every((frame) => frame === yjsKeepAlive)).toBe(true)
    expect(socket.isTerminated).toBe(false)
  })

  it('adds nothing to a conversation', () => {
    const { socket, link } = join(new YjsClients(silent))
    const frame = Uint8Array.of(1, 2, 3)
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 10_000) {
      link().send(frame)
      socket.emit('message', Buffer.from(frame), true)
      vi.advanceTimersByTime(10_000)
    }
    expect(socket.sent.every((sent) => sent === frame)).toBe(true)
    expect(socket.pings).toBe(0)
  })

  it('gives up a client that answers no ping', () => {
    const clients = new YjsClients(silent)
    const [dead, alive] = [join(clients).socket, join(clients).socket]
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 5_000) {
      alive.emit('pong')
      vi.advanceTimersByTime(5_000)
    }
    expect(dead.pings).toBeGreaterThan(0)
    expect([dead.isTerminated, alive.isTerminated]).toEqual([true, false])
  })

  it('leaves no timer behind when the last client has left', () => {
    const clients = new YjsClients(silent)
    const sockets = [join(clients).socket, join(clients).socket]
    expect(vi.getTimerCount()).toBe(1)
    for (const socket of sockets) socket.terminate()
    expect(vi.getTimerCount()).toBe(0)
  })
})
