// y-websocket's own server functions behind a plain `ws`. Arguments: port, and a directory for y-leveldb or nothing.
import { WebSocketServer } from 'ws'

const [port = '0', directory] = process.argv.slice(2)
if (directory !== undefined) process.env.YPERSISTENCE = directory
const { setupWSConnection } = (await import('y-websocket/bin/utils')).default

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port) })
server.on('connection', (socket, request) => setupWSConnection(socket, request))
