/**
 * What stands behind the `#` of this page's address: `#/n/<document name>` shows a note, `token=…` hands over the
 * network's secret. Nothing of it is ever sent to a server.
 */
export interface PageAddress {
  /** Null: no note in particular. */
  readonly note: string | null
  readonly token: string | null
  /** Why a link could not be understood. */
  readonly trouble: string | null
}

const notePath = '/n/'

export function parsePageAddress(hash: string): PageAddress {
  let note: string | null = null
  let token: string | null = null
  let trouble: string | null = null
  for (const part of hash.replace(/^#/u, '').split('&')) {
    try {
      if (part.startsWith(notePath)) note = decodeURIComponent(part.slice(notePath.length)) || null
      else if (part.startsWith('token=')) token = decodeURIComponent(part.slice('token='.length)) || null
    } catch {
      // A lone percent sign, a cut-off escape.
      trouble = 'This link is damaged: it names no note.'
    }
  }
  return { note, token, trouble }
}

/** The part behind the page's path, `#` included; slashes stay readable. */
export function formatPageAddress(note: string, token: string | null = null): string {
  const path = note.split('/').map(encodeURIComponent).join('/')
  return `#${notePath}${path}${token === null ? '' : `&token=${encodeURIComponent(token)}`}`
}
