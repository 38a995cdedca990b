import { encodeYjs, silent, type Link, type LinkReceiver } from '@knotwork/core'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { HocuspocusClients } from './hocuspocus-clients.ts'
import type { Admitted, ConversationOptions } from './hocuspocus-conversation.ts'

let peer: NodePeer
let clients: HocuspocusClients

beforeEach(async () => {
  peer = await openPeer({ storage: 'memory' })
  clients = new HocuspocusClients(silent)
})

afterEach(() => peer.close())

interface Heard {
  readonly key: string
  readonly type: number
  readonly rest: readonly number[]
}

/** The far end of a socket. */
class Client {
  readonly heard: Heard[] = []
  readonly frames: Uint8Array[] = []
  closedWith: number | null = null
  readonly #receiver: LinkReceiver

  constructor(admit: ConversationOptions['admit'] = () => Promise.resolve({ permission: 'read-write' })) {
    const link: Link = {
      description: 'a client',
      transport: 'test',
      queuedBytes: 0,
      send: (frame) => this.#take(frame),
      close: (code, reason) => {
        this.closedWith = code
        this.#receiver.closed(code, reason)
      },
    }
    const { accept, keepAlive } = clients.join(peer, { admit, entered: () => () => undefined })
    this.#receiver = accept(link)
    this.keepAlive = keepAlive
  }

  readonly keepAlive: () => Uint8Array | null

  say(key: string, write: (encoder: encoding.Encoder) => void): void {
    this.raw(
      encoding.encode((encoder) => {
        encoding.writeVarString(encoder, key)
        write(encoder)
      }),
    )
  }

  raw(frame: Uint8Array): void {
    this.#receiver.received(frame)
  }

  token(key: string, token = ''): void {
    this.say(key, (encoder) => {
      encoding.writeUint8Array(encoder, Uint8Array.of(2, 0))
      encoding.writeVarString(encoder, token)
    })
  }

  yjs(key: string, message: Parameters<typeof encodeYjs>[0]): void {
    this.say(key, (encoder) => encoding.writeUint8Array(encoder, encodeYjs(message)))
  }

  text(key: string, type: number, text: string): void {
    this.say(key, (encoder) => {
      encoding.writeVarUint(encoder, type)
      encoding.writeVarString(encoder, text)
    })
  }

  of(type: number, key = 'a'): readonly (readonly number[])[] {
    return this.heard.filter((one) => one.key === key && one.type === type).map(({ rest }) => rest)
  }

  #take(frame: Uint8Array): void {
    this.frames.push(frame)
    if (frame.byteLength === 1) return
    const decoder = decoding.createDecoder(frame)
    const key = decoding.readVarString(decoder)
    this.heard.push({ key, type: decoding.readVarUint(decoder), rest: [...decoding.readTailAsUint8Array(decoder)] })
  }
}

const emptyVector = Uint8Array.of(0)
const typed = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

describe('[HP4] a reader', () => {
  it('[HP4] hears everything; what it writes is refused, and it is told', async () => {
    const reader = new Client(() => Promise.resolve({ permission: 'readonly' }))
    const known = typed('known')
    await peer.merge('a', known)
    reader.token('a')
    reader.yjs('a', { type: 'step1', stateVector: emptyVector })
    await expect.poll(() => reader.of(0).length).toBeGreaterThanOrEqual(2)
    expect(reader.of(2)).toEqual([[2, 8, ...Buffer.from('readonly')]])
    // It answers the question that it was asked with what it has: nothing new, then something new, once asked again.
    reader.yjs('a', { type: 'step2', update: known })
    await expect.poll(() => reader.of(8)).toEqual([[1]])
    reader.yjs('a', { type: 'step1', stateVector: emptyVector })
    reader.yjs('a', { type: 'step2', update: typed('mine') })
    reader.yjs('a', { type: 'update', update: typed('mine') })
    await expect.poll(() => reader.of(8)).toEqual([[1], [0], [0]])
    expect(Buffer.from((await peer.read('a'))!).includes('mine')).toBe(false)
    await peer.merge('a', typed('for all'))
    await expect.poll(() => reader.of(0).some((rest) => Buffer.from(rest).includes('for all'))).toBe(true)
  })
})

describe('[HP2] who may come in', () => {
  it('[HP2] what comes before the token was looked at waits, or is dropped with it', async () => {
    const answers: ((admitted: Admitted) => void)[] = []
    const client = new Client(() => new Promise((resolve) => void answers.push(resolve)))
    for (const key of ['a', 'b']) {
      client.token(key, 'secret')
      client.yjs(key, { type: 'step1', stateVector: emptyVector })
      client.yjs(key, { type: 'update', update: typed(key) })
    }
    expect(client.frames).toEqual([])
    answers[0]?.({ permission: 'read-write' })
    answers[1]?.({ refused: 'not you' })
    await expect.poll(() => client.of(8)).toEqual([[1]])
    await expect.poll(() => client.of(2, 'b')).toEqual([[1, 7, ...Buffer.from('not you')]])
    client.yjs('b', { type: 'update', update: typed('b') })
    expect(await peer.read('a')).not.toBeNull()
    expect([await peer.read('b'), client.of(0, 'b'), client.closedWith]).toEqual([null, [], null])
    // It may try again with another token.
    client.token('b', 'better')
    answers[2]?.({ permission: 'read-write' })
    await expect.poll(() => client.of(2, 'b').at(-1)?.[0]).toBe(2)
  })

  it('[HP2] a document without a name, or an answer that fails, is a refusal', async () => {
    const client = new Client(() => Promise.reject(new Error('broken')))
    for (const key of ['', 'x'.repeat(2_000), 'a']) client.token(key)
    await expect.poll(() => client.heard.length).toBe(3)
    expect(client.heard.map(({ rest }) => rest[0])).toEqual([1, 1, 1])
  })
})

describe('[HP5] words of the app', () => {
  it('[HP5] for all reach everybody who has the document open here, and nobody else', async () => {
    const [one, two, three] = [new Client(), new Client(), new Client()]
    for (const client of [one, two]) client.token('a')
    three.token('b')
    await expect.poll(() => [one.of(2), two.of(2), three.of(2, 'b')].flat().length).toBe(3)
    one.text('a', 6, 'hello')
    const told = [5, ...Buffer.from('hello')]
    expect([one.of(5), two.of(5), three.of(5, 'b')]).toEqual([[told], [told], []])
  })
})

describe('[HP1] the socket', () => {
  it('[HP1] a ping is answered, unknown words are skipped, and garbage ends it', async () => {
    const client = new Client()
    client.token('a')
    await expect.poll(() => client.of(2).length).toBe(1)
    client.raw(Uint8Array.of(9))
    expect(client.frames.at(-1)).toEqual(Uint8Array.of(10))
    client.raw(Uint8Array.of(1, 97, 77, 1, 2, 3))
    expect(client.closedWith).toBeNull()
    expect(client.keepAlive()).toEqual(Uint8Array.of(1, 97, 1, 1, 0))
    client.raw(Uint8Array.of(200, 1, 1))
    expect(client.closedWith).toBe(4400)
    expect(client.keepAlive()).toBeNull()
  })
})
