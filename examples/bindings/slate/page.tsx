/** Slate: a Y.XmlText, carets as decorations, undo of one's own edits. */
import { slateNodesToInsertDelta, withCursors, withYHistory, withYjs, YjsEditor } from '@slate-yjs/core'
import { useDecorateRemoteCursors, getRemoteCaretsOnLeaf } from '@slate-yjs/react'
import { StrictMode, useEffect, useState, type KeyboardEvent } from 'react'
import { createRoot } from 'react-dom/client'
import { createEditor, type Descendant } from 'slate'
import { Editable, Slate, withReact, type RenderLeafProps } from 'slate-react'
import * as Y from 'yjs'
import { app, joinRoom, user } from '../room.ts'

const { doc, awareness } = joinRoom('slate')
const content = doc.get('content', Y.XmlText)

const empty: Descendant[] = [{ children: [{ text: '' }] }]

// An editor wants a paragraph from the start. Made under a fixed client id it is the same one for everybody.
const seed = new Y.Doc()
seed.clientID = 1
seed.get('content', Y.XmlText).applyDelta(slateNodesToInsertDelta(empty))
Y.applyUpdate(doc, Y.encodeStateAsUpdate(seed))

/** Decorations put more on a text than its type says. */
type CaretLeaf = Parameters<typeof getRemoteCaretsOnLeaf>[0]

function makeEditor() {
  return withReact(withCursors(withYHistory(withYjs(createEditor(), content)), awareness, { data: user }))
}

function Leaf({ attributes, children, leaf }: RenderLeafProps) {
  return (
    <span {...attributes}>
      {getRemoteCaretsOnLeaf(leaf as CaretLeaf).map(({ clientId, data }) => (
        <span key={clientId} contentEditable={false} className="caret">
          {String(data?.['name'])}
        </span>
      ))}
      {children}
    </span>
  )
}

function Content({ editor }: { readonly editor: ReturnType<typeof makeEditor> }) {
  const decorate = useDecorateRemoteCursors({ carets: true })
  const undo = (event: KeyboardEvent) => {
    if (event.key !== 'z' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    editor.undo()
  }
  return <Editable decorate={decorate} renderLeaf={(properties) => <Leaf {...properties} />} onKeyDown={undo} />
}

function Page() {
  const [editor] = useState(makeEditor)
  useEffect(() => {
    YjsEditor.connect(editor)
    return () => YjsEditor.disconnect(editor)
  }, [editor])
  return (
    <Slate editor={editor} initialValue={empty}>
      <Content editor={editor} />
    </Slate>
  )
}

createRoot(app()).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
