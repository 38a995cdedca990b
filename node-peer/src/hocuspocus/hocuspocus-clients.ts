/** All Hocuspocus clients of a peer. */
import type { AcceptLink, Log, Peer } from '@knotwork/core'
import { HocuspocusConversation, type ConversationOptions } from './hocuspocus-conversation.ts'

/** One client's conversation, for the socket that it is to be held on. */
export interface Joining {
  readonly accept: AcceptLink
  readonly keepAlive: () => Uint8Array | null
}

/** A stateless message for the app behind this peer. */
export type StatelessListener = (document: string, payload: string, tellAll: (payload: string) => void) => void

export class HocuspocusClients {
  readonly #log: Log
  readonly #stateless: StatelessListener
  readonly #conversations = new Set<HocuspocusConversation>()

  constructor(log: Log, stateless: StatelessListener = () => undefined) {
    this.#log = log
    this.#stateless = stateless
  }

  join(peer: Peer, { admit, entered }: Pick<ConversationOptions, 'admit' | 'entered'>): Joining {
    let conversation: HocuspocusConversation | null = null
    const options: ConversationOptions = {
      peer,
      log: this.#log,
      admit,
      entered,
      stateless: (document, payload, isForAll) => {
        if (isForAll) this.#tellAll(document, payload)
        else this.#stateless(document, payload, (words) => this.#tellAll(document, words))
      },
      ended: (over) => void this.#conversations.delete(over),
    }
    const accept: AcceptLink = (link) => {
      conversation = new HocuspocusConversation(link, options)
      this.#conversations.add(conversation)
      return conversation
    }
    return { accept, keepAlive: () => conversation?.keepAlive ?? null }
  }

  /** [HP5] To all that have the document open here, its sender included. */
  #tellAll(document: string, payload: string): void {
    for (const conversation of this.#conversations) conversation.tellStateless(document, payload)
  }
}
