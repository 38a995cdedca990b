/** A text that two browsers share. The node peer it came from introduces the two; from then on they need nobody. */
import { openPeer } from '@knotwork/web-peer'

const state = document.querySelector<HTMLElement>('#state')
const area = document.querySelector<HTMLTextAreaElement>('#text')
if (state === null || area === null) throw new Error('index.html lacks its parts')

const hello = new URL('peer', document.baseURI)
hello.protocol = 'ws:'
const peer = await openPeer({ connect: [hello.href] })
const note = peer.open('page to page')
const text = note.doc.getText('body')

text.observe(() => {
  if (area.value !== text.toString()) area.value = text.toString()
})
area.addEventListener('input', () => replaceText(area.value))
await note.loaded
area.value = text.toString()

peer.neighbours.subscribe(show)
note.status.subscribe(show)
show()

/** Only what differs, so that others may type elsewhere at the same time. */
function replaceText(wanted: string): void {
  const before = text.toString()
  let start = 0
  while (start < before.length && before[start] === wanted[start]) start++
  let end = 0
  while (end < before.length - start && end < wanted.length - start && before.at(-1 - end) === wanted.at(-1 - end))
    end++
  note.doc.transact(() => {
    text.delete(start, before.length - start - end)
    text.insert(start, wanted.slice(start, wanted.length - end))
  })
}

function show(): void {
  const linked = peer.neighbours.value.filter((neighbour) => neighbour.state === 'linked')
  const direct = linked.filter(({ isDirect }) => isDirect).length
  const isHelloThere = linked.some(({ keeps }) => keeps)
  if (state === null) return
  state.textContent = [
    direct === 0 ? 'nobody is linked directly' : `${direct} linked directly`,
    isHelloThere ? 'the node peer is there' : 'the node peer is gone: nobody new can come until it is back',
    note.status.value.type,
  ].join(', ')
}
