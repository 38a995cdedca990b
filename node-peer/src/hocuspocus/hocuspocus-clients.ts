/** All Hocuspocus clients of a peer. */
import type { AcceptLink, Log, Peer } from '@knotwork/core'
import { HocuspocusConversation, type ConversationOptions } from './hocuspocus-conversation.ts'

/** One client's conversation, for the socket that it is to be held on. */
export interface Joining {
  readonly accept: AcceptLink
  readonly keepAlive: () => Uint8Array | null
}

export class HocuspocusClients {
  readonly #log: Log
  readonly #conversations = new Set<HocuspocusConversation>()

  constructor(log: Log) {
    this.#log = log
  }

  join(peer: Peer, admit: ConversationOptions['admit']): Joining {
    let conversation: HocuspocusConversation | null = null
    const options: ConversationOptions = {
      peer,
      log: this.#log,
      admit,
      stateless: (document, payload, isForAll) => {
        if (isForAll) this.#tellAll(document, payload)
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
