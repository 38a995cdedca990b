/** React on a peer: StrictMode mounts every component twice. */
import { KnotworkProvider } from '@knotwork/web-peer'
import { useDocument, usePeer, useStatus, useText } from '@knotwork/web-peer/react'
import { createElement, StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import * as Y from 'yjs'
import { deleteAllDatabases } from './indexeddb-place.ts'
import { watchResources } from './resources.ts'

interface Told {
  made: number
  readonly texts: string[]
  /** Called when one of the two components has seen its own text while it was synced. */
  readonly done: () => void
}

/** A Y.Doc and a provider that come and go with the component, as people write it. */
function WithProvider({ address, told }: { readonly address: string; readonly told: Told }) {
  useEffect(() => {
    told.made++
    const doc = new Y.Doc()
    const provider = new KnotworkProvider('provider', doc, { connect: [address] })
    provider.on('sync', (isSynced) => {
      if (!isSynced) return
      doc.getText('body').insert(0, 'by the provider')
      told.texts[0] = doc.getText('body').toString()
      told.done()
    })
    return () => {
      provider.destroy()
      doc.destroy()
    }
  }, [address, told])
  return null
}

function WithHooks({ address, told }: { readonly address: string; readonly told: Told }) {
  const note = useDocument(usePeer({ connect: [address] }), 'hooks')
  const [text, setText] = useText(note, 'body')
  const { type } = useStatus(note)
  useEffect(() => {
    if (type === 'live' && text === '') setText('by the hooks')
    if (text === '') return
    told.texts[1] = text
    told.done()
  }, [type, text, setText, told])
  return null
}

export const reactFeats = {
  async mountTwice(address: string) {
    await deleteAllDatabases()
    const errors: string[] = []
    const hear = ({ message }: ErrorEvent): void => void errors.push(message)
    window.addEventListener('error', hear)
    const resources = watchResources()
    try {
      const place = document.createElement('div')
      const root = createRoot(place, { onUncaughtError: (thrown) => void errors.push(String(thrown)) })
      let told: Told | undefined
      await new Promise<void>((resolve) => {
        const texts: string[] = []
        const done = (): void => {
          if (texts[0] !== undefined && texts[1] !== undefined) resolve()
        }
        told = { made: 0, texts, done }
        const components = [WithProvider, WithHooks].map((component, key) =>
          createElement(component, { key, address, told: told as Told }),
        )
        root.render(createElement(StrictMode, null, ...components))
      })
      root.unmount()
      // Its scheduler sleeps between two messages of a channel of its own.
      return { made: told?.made, texts: told?.texts, errors, left: await resources.settled() }
    } finally {
      resources.end()
      window.removeEventListener('error', hear)
    }
  },
}
