/** The page's one peer, the list of notes, and the note that is open. */
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { openPeer, type Log, type Neighbour, type Peer } from '@knotwork/web-peer'
import { localSettings } from './local-settings.ts'
import { freshNoteName, Notebook, notebookName, type NoteEntry } from './notebook.ts'
import { notify } from './notices.ts'
import { OpenDocument } from './open-document.ts'
import { formatPageAddress, parsePageAddress } from './page-address.ts'
import { textOf } from './note-text.ts'
import { titleOf } from './note-title.ts'
import type { Profile } from './profile.ts'

export interface OpenNote {
  readonly name: string
  readonly open: OpenDocument
}

export class Session {
  readonly peer: Peer
  readonly profile: Signal<Profile>
  readonly notebook: Notebook
  readonly neighbours: ReadonlySignal<readonly Neighbour[]>
  readonly token: string | null
  readonly #note = signal<OpenNote | null>(null)

  private constructor(peer: Peer, token: string | null) {
    this.peer = peer
    this.token = token
    this.profile = signal(localSettings.profile())
    effect(() => localSettings.setProfile(this.profile.value))
    this.notebook = new Notebook(new OpenDocument(peer, notebookName, this.profile))
    const neighbours = signal(peer.neighbours.value)
    peer.neighbours.subscribe((value) => {
      neighbours.value = value
    })
    this.neighbours = neighbours
    effect(() => {
      const name = this.#note.value?.name ?? null
      this.notebook.open.document.presence.setLocalStateField('note', name)
    })
  }

  static async start(): Promise<Session> {
    const { token: given } = parsePageAddress(location.hash)
    if (given !== null) localSettings.setToken(given)
    const token = given ?? localSettings.token()
    const address = new URL('peer', document.baseURI)
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const peer = await openPeer({ connect: [address.href], log, ...(token === null ? {} : { token }) })
    const session = new Session(peer, token)
    window.addEventListener('hashchange', () => session.#follow())
    session.#follow()
    return session
  }

  /** The note that is open, or null. */
  get note(): ReadonlySignal<OpenNote | null> {
    return this.#note
  }

  /** What the list knows of the open note; null when it is not listed. */
  readonly entry: ReadonlySignal<NoteEntry | null> = computed(() => {
    const name = this.#note.value?.name
    return this.notebook.notes.value.find((note) => note.name === name) ?? null
  })

  newNote(): void {
    const name = freshNoteName()
    this.notebook.add(name)
    this.show(name)
  }

  show(name: string): void {
    location.hash = formatPageAddress(name)
  }

  /** Puts the open note on the list, for everybody. */
  list({ name, open }: OpenNote): void {
    this.notebook.add(name, titleOf(textOf(open.document).toString()))
  }

  /** Takes a note off the list; its text stays with everybody who has it, and the removal can be undone. */
  remove(entry: NoteEntry): void {
    const removed = this.notebook.remove(entry.name)
    if (removed === null) return
    notify({
      id: 'removed',
      tone: 'plain',
      text: `“${entry.title || 'Untitled'}” is off the list.`,
      action: { label: 'Undo', run: () => this.notebook.restore(entry.name, removed) },
      forMs: 12_000,
    })
    if (this.#note.value?.name !== entry.name) return
    const next = this.notebook.notes.value[0]
    if (next === undefined) this.#close()
    else this.show(next.name)
  }

  shareLink(name: string): string {
    return new URL(formatPageAddress(name, this.token), document.baseURI).href
  }

  /** Shows what the address says. The token leaves the address bar, so that nobody reads it over a shoulder. */
  #follow(): void {
    const { note, token, trouble } = parsePageAddress(location.hash)
    if (trouble !== null) notify({ id: 'address', tone: 'bad', text: trouble })
    if (token !== null) {
      history.replaceState(null, '', note === null ? location.pathname : formatPageAddress(note))
      if (token !== this.token) {
        localSettings.setToken(token)
        // Links prove the token when they open.
        location.reload()
        return
      }
    }
    if (note !== null) this.#open(note)
    else if (this.#note.value === null) this.#openLast()
  }

  /** The note that was open last; else the first on the list, as soon as there is one. */
  #openLast(): void {
    const last = localSettings.note()
    const openFirst = (name: string) => {
      history.replaceState(null, '', formatPageAddress(name))
      this.#open(name)
    }
    if (last !== null) return openFirst(last)
    const stop = this.notebook.notes.subscribe(([first]) => {
      if (first === undefined) return
      queueMicrotask(() => stop())
      if (this.#note.peek() === null) openFirst(first.name)
    })
  }

  #open(name: string): void {
    const before = this.#note.peek()
    if (before?.name === name) return
    try {
      this.#note.value = { name, open: new OpenDocument(this.peer, name, this.profile) }
      localSettings.setNote(name)
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      notify({ id: 'address', tone: 'bad', text: `This link names no note: ${why}.` })
      return
    }
    before?.open.close()
  }

  #close(): void {
    const before = this.#note.peek()
    this.#note.value = null
    localSettings.setNote('')
    history.replaceState(null, '', location.pathname)
    before?.open.close()
  }
}

/** What the user should hear of; the rest is for the browser's console. */
const log: Log = (level, event, details) => {
  if (event === 'storageRefused') {
    const text =
      'This browser lets the page keep nothing (a private window?). Notes stay in this tab and on other peers only.'
    notify({ id: 'storage', tone: 'bad', text })
  }
  if (level === 'warn' || level === 'error') console.warn(`knotwork: ${event}`, details)
}
