/**
 * What the tabs of one browser say to each other over a BroadcastChannel (PROTOCOL.md [TR10]). Everybody on the channel
 * gets every message; `to` says whom it is for. A tab with the lesser id opens the link of a pair, so there is one.
 */
export type TabId = string

export type TabMessage =
  /** I am here. To one tab: as an answer, or to be opened a link to; to all (`to: null`): when a tab starts or wakes. */
  | { readonly type: 'here'; readonly from: TabId; readonly to: TabId | null }
  /** From the tab with the lesser id: this link is open from now on. */
  | { readonly type: 'open'; readonly from: TabId; readonly to: TabId; readonly link: number }
  | {
      readonly type: 'frame'
      readonly from: TabId
      readonly to: TabId
      readonly link: number
      readonly bytes: Uint8Array
    }
  /** So many bytes of your frames have arrived, in all. */
  | { readonly type: 'taken'; readonly from: TabId; readonly to: TabId; readonly link: number; readonly bytes: number }
  | {
      readonly type: 'close'
      readonly from: TabId
      readonly to: TabId
      readonly link: number
      readonly code: number
      readonly reason: string
    }
  /** I am leaving, and all my links with me. */
  | { readonly type: 'bye'; readonly from: TabId }

type Fields = Readonly<Record<string, unknown>>

/** Total: whatever else uses the channel ends as null. */
export function parseTabMessage(data: unknown): TabMessage | null {
  if (typeof data !== 'object' || data === null) return null
  const { type, from, to, link, bytes, code, reason } = data as Fields
  if (typeof from !== 'string') return null
  if (type === 'bye') return { type, from }
  if (type === 'here') return to === null || typeof to === 'string' ? { type, from, to } : null
  if (typeof to !== 'string' || typeof link !== 'number') return null
  if (type === 'open') return { type, from, to, link }
  if (type === 'frame') return bytes instanceof Uint8Array ? { type, from, to, link, bytes } : null
  if (type === 'taken') return typeof bytes === 'number' ? { type, from, to, link, bytes } : null
  if (type === 'close' && typeof code === 'number' && typeof reason === 'string')
    return { type, from, to, link, code, reason }
  return null
}
