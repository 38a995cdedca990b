/** A process that takes part like anybody: it watches a text and keeps the number of its words in a map beside it. */
import { openPeer } from '@knotwork/node-peer'

const peer = await openPeer({ storage: 'memory', connect: process.argv.slice(2) })
const note = peer.open('notes/today')
const text = note.doc.getText('body')
const facts = note.doc.getMap<number>('facts')

const count = (): void => {
  const words = text
    .toString()
    .split(/\s+/u)
    .filter((word) => word !== '').length
  if (facts.get('words') !== words) facts.set('words', words)
}
text.observe(count)
note.presence.setLocalState({ user: { name: 'word counter' } })
await note.loaded
count()

if (process.argv.length > 2) {
  console.log('counting words; Ctrl-C ends it')
} else {
  text.insert(0, 'four words to count')
  console.log('words:', facts.get('words'))
  await peer.close()
}
