/**
 * The far end of a page's WebSocket, worked by the page itself: what arrives on `/data` is told on `/control`, and what
 * the page says on `/control` happens on `/data`. So one realm holds both ends, as the contract suites want it.
 * Control messages: text JSON `{ close: [code, reason] }` or `{ closed: [code, reason] }`; binary ones are frames.
 */
import type { Server } from 'node:http'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'

interface Pair {
  end?: WebSocket
  control?: WebSocket
}

/** Joins `/data?<pair>` and `/control?<pair>`, whichever comes first. */
export function socketFarEnds(server: Server): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true })
  const pairs = new Map<string, Pair>()
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const [path = '', name = ''] = (request.url ?? '').split('?')
      const pair: Pair = { ...pairs.get(name), [path === '/control' ? 'control' : 'end']: opened }
      pairs.set(name, pair)
      // Nothing may be read before there is somebody to tell.
      opened.pause()
      if (pair.end !== undefined && pair.control !== undefined) bridge(pair.end, pair.control)
    })
  })
  return {
    close() {
      for (const each of sockets.clients) each.terminate()
      sockets.close()
    },
  }
}

function bridge(end: WebSocket, control: WebSocket): void {
  end.on('message', (frame) => control.send(bytesOf(frame), { binary: true }))
  end.on('close', (code, reason) => control.send(JSON.stringify({ closed: [code, reason.toString()] })))
  control.on('message', (message, isBinary) => {
    if (isBinary) return end.send(bytesOf(message), { binary: true })
    const { close, text } = JSON.parse(bytesOf(message).toString()) as { close?: [number, string]; text?: string }
    if (text !== undefined) end.send(text)
    if (close !== undefined) end.close(...close)
  })
  // The far end is there: its page may begin.
  control.send(JSON.stringify({ opened: true }))
  end.resume()
  control.resume()
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
