/** Lexical: its own CollaborationPlugin, which makes, connects and disconnects the provider. */
import { CollaborationPlugin } from '@lexical/react/LexicalCollaborationPlugin'
import { LexicalCollaboration } from '@lexical/react/LexicalCollaborationContext'
import { LexicalComposer } from '@lexical/react/LexicalComposer'
import { ContentEditable } from '@lexical/react/LexicalContentEditable'
import { LexicalErrorBoundary } from '@lexical/react/LexicalErrorBoundary'
import { RichTextPlugin } from '@lexical/react/LexicalRichTextPlugin'
import type { Provider } from '@lexical/yjs'
import { KnotworkProvider } from '@knotwork/web-peer'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import * as Y from 'yjs'
import { app, connect, showSynced, user } from '../room.ts'

function providerFor(id: string, docs: Map<string, Y.Doc>): Provider {
  const doc = docs.get(id) ?? new Y.Doc()
  docs.set(id, doc)
  const provider = new KnotworkProvider(id, doc, { connect, autoConnect: false })
  showSynced(provider)
  // It has all of them but `reload`, which nothing ever says.
  return provider as unknown as Provider
}

const config = {
  namespace: 'knotwork',
  // The first state comes from the document.
  editorState: null,
  onError: (thrown: Error) => {
    throw thrown
  },
}

function Page() {
  return (
    <LexicalCollaboration>
      <LexicalComposer initialConfig={config}>
        <RichTextPlugin contentEditable={<ContentEditable />} placeholder={null} ErrorBoundary={LexicalErrorBoundary} />
        <CollaborationPlugin
          id="lexical"
          providerFactory={providerFor}
          // One of all who ever open the document writes its first paragraph: whoever comes with `?first`.
          shouldBootstrap={location.search === '?first'}
          username={user.name}
          cursorColor={user.color}
        />
      </LexicalComposer>
    </LexicalCollaboration>
  )
}

createRoot(app()).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
