// One writer and some readers of a document, each a Repo of its own. Arguments: port, readers, edits, edits a second.
// Says `ready`, types when told to, and says `done` when every reader has the last edit.
import { setTimeout as passed } from 'node:timers/promises'
import { Repo, updateText } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'

const [port, readers, edits, perSecond] = process.argv.slice(2).map(Number)
const joined = () => new Repo({ network: [new WebSocketClientAdapter(`ws://127.0.0.1:${port}`)] })

const written = joined().create({ text: '' })
const copies = await Promise.all(Array.from({ length: readers }, () => found(written.url)))

async function found(url) {
  const repo = joined()
  for (;;) {
    try {
      const handle = await repo.find(url)
      await handle.whenReady()
      return handle
    } catch {
      // The server has not heard of it yet.
      await passed(100)
    }
  }
}

let text = ''
async function type(count) {
  const start = performance.now()
  for (let made = 0; made < count; made++) {
    await passed(Math.max(0, (made * 1000) / perSecond - (performance.now() - start)))
    text += 'x'
    written.change((doc) => updateText(doc, ['text'], text))
  }
  while (copies.some((copy) => copy.doc().text !== text)) await passed(5)
}

await type(Math.ceil(edits / 4))
process.on('message', () => void type(edits).then(() => process.send('done')))
process.send('ready')
