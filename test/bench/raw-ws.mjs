// The physical limit: whatever a socket of a room says is sent to all others of that room. Argument: port.
import { WebSocketServer } from 'ws'

const rooms = new Map()
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false })

server.on('connection', (socket, { url }) => {
  const members = rooms.get(url) ?? new Set()
  rooms.set(url, members.add(socket))
  socket.on('message', (data) => {
    for (const member of members) if (member !== socket) member.send(data)
  })
  socket.on('close', () => {
    members.delete(socket)
    if (members.size === 0) rooms.delete(url)
  })
})
