/**
 * React hooks for the page's peer and its documents. Components with the same options share one peer; a component that
 * is mounted twice, as StrictMode does, opens nothing twice, and one that goes frees what it took.
 */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { Map as YMap } from 'yjs'
import type { DocumentStatus, OpenPeerOptions, Peer, SharedDocument } from './index.ts'
import { pageOptionsKey, pagePeers } from './provider/page-peers.ts'

/**
 * This page's peer, opened with the options of `openPeer`; null until the browser's storage has answered. What keeps it
 * from opening is thrown where it is rendered, for an error boundary.
 */
export function usePeer(options: OpenPeerOptions = {}): Peer | null {
  const [peer, setPeer] = useState<Peer | null>(null)
  const [failure, setFailure] = useState<{ readonly thrown: unknown } | null>(null)
  const key = pageOptionsKey(options)
  // Options that say the same are the same, also when they are written down anew in every render.
  const wanted = useMemo(() => ({ key, options }), [key]).options
  useEffect(() => {
    const lease = pagePeers.lease(wanted, null)
    let isHere = true
    lease.peer.then(
      (opened) => isHere && setPeer(opened),
      (thrown: unknown) => isHere && setFailure({ thrown }),
    )
    void lease.setOnline(true).then((troubles) => {
      for (const { reason } of troubles) reportError(new Error(reason))
    })
    return () => {
      isHere = false
      setPeer(null)
      void lease.release()
    }
  }, [wanted])
  if (failure !== null) throw failure.thrown
  return peer
}

/** A document of the peer, open as long as the component is there; null until the peer is. */
export function useDocument(peer: Peer | null, name: string): SharedDocument | null {
  const [document, setDocument] = useState<SharedDocument | null>(null)
  useEffect(() => {
    if (peer === null) return undefined
    const opened = peer.open(name)
    setDocument(opened)
    return () => {
      setDocument(null)
      opened.close()
    }
  }, [peer, name])
  return document?.name === name ? document : null
}

/** A shared text, and a function that makes it another one by the smallest change; others may type elsewhere meanwhile. */
export function useText(document: SharedDocument | null, name: string): readonly [string, (wanted: string) => void] {
  const text = useMemo(() => document?.doc.getText(name) ?? null, [document, name])
  const value = useShared(text, () => text?.toString() ?? '')
  const change = useCallback(
    (wanted: string) => {
      if (text === null) return
      const { start, deleted, inserted } = differenceOf(text.toString(), wanted)
      text.doc?.transact(() => {
        text.delete(start, deleted)
        text.insert(start, inserted)
      })
    },
    [text],
  )
  return [value, change]
}

/** A shared map as a plain object, and a function that sets one key; undefined takes it away. */
export function useMap<Value>(
  document: SharedDocument | null,
  name: string,
): readonly [Readonly<Record<string, Value>>, (key: string, value: Value | undefined) => void] {
  const map = useMemo((): YMap<Value> | null => document?.doc.getMap<Value>(name) ?? null, [document, name])
  const value = useShared(map, () => (map === null ? {} : (map.toJSON() as Record<string, Value>)))
  const set = useCallback(
    (key: string, wanted: Value | undefined) => {
      if (wanted === undefined) map?.delete(key)
      else map?.set(key, wanted)
    },
    [map],
  )
  return [value, set]
}

export interface Somebody<State> {
  readonly clientId: number
  readonly isMe: boolean
  readonly state: State
}

/** Who is in the document, this page included once it has set its own state; null as a state leaves. */
export function usePresence<State extends Record<string, unknown>>(
  document: SharedDocument | null,
): readonly [readonly Somebody<State>[], (own: State | null) => void] {
  const presence = document?.presence ?? null
  const everybody = useCached(
    useCallback(
      (changed: () => void) => {
        presence?.on('change', changed)
        return () => presence?.off('change', changed)
      },
      [presence],
    ),
    () =>
      [...(presence?.states ?? [])].map(([clientId, state]) => ({
        clientId,
        isMe: clientId === presence?.clientID,
        state: state as State,
      })),
  )
  const show = useCallback((own: State | null) => presence?.setLocalState(own), [presence])
  return [everybody, show]
}

const loading: DocumentStatus = { type: 'loading' }

/** What is known of the document: where it is, what is pending, who has it. */
export function useStatus(document: SharedDocument | null): DocumentStatus {
  const subscribe = useCallback(
    (changed: () => void) => document?.status.subscribe(changed) ?? (() => undefined),
    [document],
  )
  const read = (): DocumentStatus => document?.status.value ?? loading
  return useSyncExternalStore(subscribe, read, read)
}

interface SharedType {
  observeDeep(changed: () => void): void
  unobserveDeep(changed: () => void): void
}

/** What is read from a shared type, read again after each change in it. */
function useShared<Value>(type: SharedType | null, read: () => Value): Value {
  return useCached(
    useCallback(
      (changed: () => void) => {
        type?.observeDeep(changed)
        return () => type?.unobserveDeep(changed)
      },
      [type],
    ),
    read,
  )
}

/** `read` may make a new object each time: React gets the same one until `subscribe` tells of a change. */
function useCached<Value>(subscribe: (changed: () => void) => () => void, read: () => Value): Value {
  const store = useMemo(() => {
    let cached: { readonly value: Value } | null = null
    return {
      subscribe: (changed: () => void) => {
        // What changed since it was rendered, nobody has told of.
        cached = null
        return subscribe(() => {
          cached = null
          changed()
        })
      },
      value: (): Value => (cached ??= { value: read() }).value,
    }
  }, [subscribe])
  return useSyncExternalStore(store.subscribe, store.value, store.value)
}

/** One place that is replaced: all that differs lies in it. */
function differenceOf(
  before: string,
  wanted: string,
): { readonly start: number; readonly deleted: number; readonly inserted: string } {
  let start = 0
  while (start < before.length && start < wanted.length && before[start] === wanted[start]) start++
  const most = Math.min(before.length, wanted.length) - start
  let end = 0
  while (end < most && before.at(-1 - end) === wanted.at(-1 - end)) end++
  return { start, deleted: before.length - start - end, inserted: wanted.slice(start, wanted.length - end) }
}
