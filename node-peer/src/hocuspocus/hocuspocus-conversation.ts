/** What is said on the socket of a Hocuspocus client: who it is, for each document, and then about the documents. */
import {
  closeCode,
  documentName,
  holdsUpdate,
  isRefusal,
  limits,
  messageOf,
  yjsKeepAlive,
  type Link,
  type LinkReceiver,
  type Log,
  type Peer,
} from '@knotwork/core'
import {
  decodeHocuspocus,
  encodeDenial,
  encodePermission,
  encodeStateless,
  encodeYjsFor,
  nameOf,
  pong,
  type HocuspocusMessage,
  type Permission,
} from './hocuspocus-message.ts'
import { HocuspocusSession } from './hocuspocus-session.ts'

export type Admitted = { readonly permission: Permission } | { readonly refused: string }

export interface ConversationOptions {
  readonly peer: Peer
  readonly log: Log
  /** What a token allows; `null` from a client that sends none. */
  readonly admit: (document: string, token: string | null) => Promise<Admitted>
  /** A document is open; call what it returns when that is over. */
  readonly entered: (opened: OpenedDocument) => () => void
  /** Words of the app about a document; for its server, or for all that have it open. */
  readonly stateless: (document: string, payload: string, isForAll: boolean) => void
  readonly ended: (conversation: HocuspocusConversation) => void
}

export interface OpenedDocument {
  readonly document: string
  readonly token: string | null
  readonly permission: Permission
  readonly cut: (code: number, reason: string) => void
}

/** A document that somebody asked for. What comes meanwhile waits: clients do not wait for the answer to their token. */
interface Asked {
  session: HocuspocusSession | null
  isDenied: boolean
  leave: (() => void) | null
  waiting: HocuspocusMessage[]
  waitingBytes: number
}

export class HocuspocusConversation implements LinkReceiver {
  readonly #options: ConversationOptions
  readonly #socket: Link
  readonly #documents = new Map<string, Asked>()
  #isOver = false

  constructor(socket: Link, options: ConversationOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** Something that harms nobody: a client comes back when it hears nothing for 30 s. */
  get keepAlive(): Uint8Array | null {
    const [key] = [...this.#documents].find(([, { session }]) => session !== null) ?? []
    return key === undefined ? null : encodeYjsFor(key, yjsKeepAlive)
  }

  /** [HP5] */
  tellStateless(document: string, payload: string): void {
    for (const [key, { session }] of this.#documents) {
      if (session?.name === document) this.#socket.send(encodeStateless(key, payload))
    }
  }

  received(frame: Uint8Array): void {
    const message = decodeHocuspocus(frame)
    if (message === null) return this.#socket.close(closeCode.garbage, 'not a message')
    if (message.type === 'skipped') return
    if (message.type === 'ping') return this.#socket.send(pong)
    this.#heard(message, frame.byteLength)
  }

  closed(code: number, reason: string): void {
    this.#isOver = true
    for (const asked of this.#documents.values()) end(asked, code, reason)
    this.#documents.clear()
    this.#options.ended(this)
  }

  #heard(message: Exclude<HocuspocusMessage, { type: 'ping' | 'skipped' }>, sizeBytes: number): void {
    const { key } = message
    const known = this.#documents.get(key)
    if (message.type === 'close') {
      if (known !== undefined) end(known, closeCode.normal, 'the client has left')
      this.#documents.delete(key)
      return
    }
    if (message.type === 'token') {
      // One that is in already, and was made anew without leaving.
      if (known !== undefined && !known.isDenied) return
      return this.#begin(key, message.token, [])
    }
    // Clients of major 2 send no token when they have none.
    if (known === undefined) return this.#begin(key, null, [message])
    if (known.isDenied) return
    if (known.session !== null) return this.#handOn(known.session, message)
    known.waiting.push(message)
    known.waitingBytes += sizeBytes
    const isTooMuch = known.waiting.length > limits.earlyFramesMax || known.waitingBytes > limits.messageBytesMax
    if (isTooMuch) this.#socket.close(closeCode.garbage, 'too much before the token was looked at')
  }

  #begin(key: string, token: string | null, waiting: HocuspocusMessage[]): void {
    if (this.#documents.size >= limits.liveDocumentsPerLinkMax) {
      this.#socket.send(encodeDenial(key, `at most ${limits.liveDocumentsPerLinkMax} documents share a socket`))
      return
    }
    const asked: Asked = { session: null, isDenied: false, leave: null, waiting, waitingBytes: 0 }
    this.#documents.set(key, asked)
    void this.#admit(key, asked, token)
  }

  async #admit(key: string, asked: Asked, token: string | null): Promise<void> {
    const admitted = await this.#admission(key, token)
    // It has left meanwhile, or the document was asked for once more.
    if (this.#isOver || this.#documents.get(key) !== asked) return
    if ('refused' in admitted) {
      asked.isDenied = true
      asked.waiting = []
      this.#options.log('debug', 'turnedAway', { document: nameOf(key), why: admitted.refused })
      this.#socket.send(encodeDenial(key, admitted.refused))
      return
    }
    const { permission } = admitted
    if (token !== null) this.#socket.send(encodePermission(key, permission))
    const { peer } = this.#options
    asked.session = new HocuspocusSession({
      key,
      peer,
      permission,
      socket: this.#socket,
      holds: async (name, update) => holdsUpdate(await peer.read(name), update),
    })
    const cut = (code: number, reason: string): void => this.#cut(key, asked, { code, reason })
    asked.leave = this.#options.entered({ document: asked.session.name, token, permission, cut })
    for (const message of asked.waiting.splice(0)) this.#handOn(asked.session, message)
  }

  /** [HK3] The other documents of the socket go on, unless there are none, or the client is to come back and ask anew. */
  #cut(key: string, asked: Asked, { code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#documents.get(key) !== asked) return
    end(asked, code, reason)
    asked.session = null
    asked.isDenied = true
    if (!isRefusal(code)) return this.#socket.close(code, reason)
    this.#socket.send(encodeDenial(key, reason))
    const isAlone = [...this.#documents.values()].every((one) => one.isDenied)
    if (isAlone) this.#socket.close(code, reason)
  }

  async #admission(key: string, token: string | null): Promise<Admitted> {
    const name = documentName(nameOf(key))
    if (!name.ok) return { refused: name.error }
    try {
      return await this.#options.admit(name.value, token)
    } catch (thrown) {
      this.#options.log('error', 'admissionFailed', { document: name.value, why: messageOf(thrown) })
      return { refused: 'this peer failed to look at the token; its log says why' }
    }
  }

  #handOn(session: HocuspocusSession, message: HocuspocusMessage): void {
    if (message.type === 'yjs') session.received(message.frame)
    if (message.type === 'stateless') {
      this.#options.stateless(session.name, message.payload, message.isForAll)
    }
  }
}

function end({ session, leave }: Asked, code: number, reason: string): void {
  session?.ended(code, reason)
  leave?.()
}
