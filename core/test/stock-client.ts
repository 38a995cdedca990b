/** A y-websocket client as its provider does it, with y-protocols' own code, on a connection to a peer. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import type * as Y from 'yjs'
import type { Peer, YjsClientOptions } from '../src/engine/api.ts'
import type { LinkReceiver } from '../src/ports/transport.ts'
import { settled } from './fake-clock.ts'
import { FakeLink } from './fake-link.ts'
import { docOf } from './replicas.ts'

const [sync, awareness] = [0, 1]

export class StockClient {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /** The peer's end of the connection. */
  readonly link = new FakeLink('a stock client')
  readonly #receiver: LinkReceiver
  #taken = 0
  isSynced = false

  constructor(peer: Peer, name: string, clientId: number, options?: YjsClientOptions) {
    this.doc = docOf(clientId)
    this.awareness = new Awareness(this.doc)
    this.#receiver = peer.attachYjs(name, this.link, options)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === this) return
      this.#send(sync, (encoder) => syncProtocol.writeUpdate(encoder, update))
    })
    this.awareness.on('update', ({ added, updated, removed }: Record<string, number[]>) => {
      this.#sendAwareness([...(added ?? []), ...(updated ?? []), ...(removed ?? [])])
    })
    this.#send(sync, (encoder) => syncProtocol.writeSyncStep1(encoder, this.doc))
    this.#sendAwareness([clientId])
  }

  static async joined(...how: ConstructorParameters<typeof StockClient>): Promise<StockClient> {
    const client = new StockClient(...how)
    await client.carry()
    return client
  }

  #send(channel: number | undefined, write: (encoder: encoding.Encoder) => void): void {
    this.raw(
      encoding.encode((encoder) => {
        encoding.writeVarUint(encoder, channel ?? 0)
        write(encoder)
      }),
    )
  }

  #sendAwareness(clients: number[]): void {
    const states = encodeAwarenessUpdate(this.awareness, clients)
    this.#send(awareness, (encoder) => encoding.writeVarUint8Array(encoder, states))
  }

  raw(frame: Uint8Array): void {
    this.#receiver.received(frame)
  }

  /** Takes everything that the peer has said, and answers it as the provider does. */
  async carry(): Promise<void> {
    for (;;) {
      await settled()
      const frames = this.link.frames.slice(this.#taken)
      this.#taken = this.link.frames.length
      if (frames.length === 0) return
      for (const frame of frames) this.#hear(frame)
    }
  }

  #hear(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame)
    const channel = decoding.readVarUint(decoder)
    if (channel === awareness) return applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
    if (channel === 102) return
    if (channel !== sync) throw new Error(`a stock client does not know the channel ${channel}`)
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, channel)
    const type = syncProtocol.readSyncMessage(decoder, encoder, this.doc, this)
    if (type === syncProtocol.messageYjsSyncStep2) this.isSynced = true
    if (encoding.length(encoder) > 1) this.raw(encoding.toUint8Array(encoder))
  }

  get text(): string {
    return this.doc.getText('t').toString()
  }

  type(text: string): void {
    this.doc.getText('t').insert(this.doc.getText('t').length, text)
  }

  /** Those who are here and show a name. */
  get names(): readonly string[] {
    const names = [...this.awareness.getStates().values()].map((state) => String(state['name'] ?? ''))
    return names.filter((name) => name !== '').toSorted()
  }

  /** The connection breaks; the provider forgets everybody else. */
  hangUp(): void {
    this.#receiver.closed(1006, '')
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
    this.awareness.destroy()
  }
}
