import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { silent } from '@knotwork/core'
import { WebSocketServer } from 'ws'
import { WebSocketTransport } from '../../node-peer/src/transport/web-socket-transport.ts'
import { runCases } from './run-cases.ts'
import { LinkEnds, transportCases, type TransportSubject } from './transport.ts'

async function webSockets(): Promise<TransportSubject> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/peer`
  const a = new WebSocketTransport({ log: silent, addresses: () => [] })
  const b = new WebSocketTransport({ log: silent, addresses: () => [url] })
  server.on('connection', (socket, request) => b.admit(socket, request.socket.remoteAddress ?? '', request.socket))
  const [dialled, accepted] = [new LinkEnds(), new LinkEnds()]
  const [address = ''] = await b.listen(accepted.accept)
  return {
    dialling: { transport: a, address, deadAddress: 'ws://127.0.0.1:1/peer', accepted },
    async connectPair() {
      const index = dialled.all.length
      a.dial(address, dialled.accept, () => undefined)
      return { a: await dialled.at(index), b: await accepted.at(index) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()])
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

runCases('transport contract: WebSocket', transportCases, webSockets)
