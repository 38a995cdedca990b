/** What all of these pages do: a Y.Doc, a provider in the place of another one, and a name for the carets. */
import { KnotworkProvider } from '@knotwork/web-peer'
import * as Y from 'yjs'

/** The node peer this page came from. */
export const connect = [`ws://${location.host}/peer`]

/** Called as the address says: `codemirror/index.html#Ada`. */
export const user = { name: location.hash.slice(1) || 'Somebody', color: '#30a' }

export function joinRoom(room: string) {
  const doc = new Y.Doc()
  const provider = new KnotworkProvider(room, doc, { connect })
  provider.awareness.setLocalStateField('user', user)
  showSynced(provider)
  return { doc, provider, awareness: provider.awareness }
}

/** Tells people, and tests, when this page holds what somebody else holds. */
export function showSynced(provider: KnotworkProvider): void {
  provider.on('sync', (isSynced) => {
    document.body.dataset['synced'] = String(isSynced)
  })
}

export const app = (): HTMLElement => {
  const element = document.querySelector<HTMLElement>('#app')
  if (element === null) throw new Error('index.html lacks its part')
  return element
}
