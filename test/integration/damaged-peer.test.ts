import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'

let directory: TemporaryDirectory

beforeEach(async () => {
  directory = await TemporaryDirectory.make()
})

afterEach(() => directory[Symbol.asyncDispose]())

/** Somebody's typing, a token at a time. */
class Typist {
  readonly #doc = new Y.Doc()
  readonly #updates: Uint8Array[] = []

  constructor() {
    this.#doc.on('update', (update: Uint8Array) => void this.#updates.push(update))
  }

  type(token: string): Uint8Array {
    const text = this.#doc.getText('body')
    text.insert(text.length, `${token} `)
    return this.#updates.at(-1) ?? new Uint8Array()
  }
}

async function textOf(peer: PeerProcess, name: string): Promise<string> {
  const { status, text } = await peer.ask(`/v1/docs/${name}`, { headers: { accept: 'application/json' } })
  return status === 200 ? ((JSON.parse(text) as { body?: string }).body ?? '') : ''
}

describe('a peer whose disk altered a record', () => {
  it('[ST5] [ST10] says so, serves what is left, and has all of it again when a neighbour is there', async () => {
    const typist = new Typist()
    const tokens = Array.from({ length: 12 }, (_, index) => `token-${index}`)
    await using a = await PeerProcess.start(directory.at('a'))
    const connect = { args: ['--connect', a.webSocketUrl] }
    {
      await using b = await PeerProcess.start(directory.at('b'), connect)
      for (const token of tokens) {
        const body = typist.type(token)
        expect((await a.ask('/v1/docs/doc', { method: 'PATCH', body })).status).toBe(200)
        await expect.poll(() => textOf(b, 'doc'), { timeout: 30_000 }).toContain(token)
      }
      b.kill('SIGTERM')
      await b.ended()
    }
    await alter(directory.at('b/documents'))
    {
      await using alone = await PeerProcess.start(directory.at('b'))
      expect(await textOf(alone, 'doc')).not.toContain('token-11')
      expect(alone.errors).toMatch(/recordsDamaged/u)
      expect((await alone.ask('/v1/docs')).json()).toMatchObject({ documents: [{ name: 'doc', damaged: 1 }] })
      expect(alone.lines.map((line) => JSON.parse(line) as object)).toContainEqual(
        expect.objectContaining({ event: 'damage', what: 'recordsDamaged', document: 'doc' }),
      )
    }
    await using again = await PeerProcess.start(directory.at('b'), connect)
    await expect.poll(() => textOf(again, 'doc'), { timeout: 30_000 }).toBe(`${tokens.join(' ')} `)
  })
})

/** Other bytes in the place of the second update. */
async function alter(documents: string): Promise<void> {
  const stock = new LeveldbPersistence(documents)
  await stock._transact((database) =>
    (database as { put(key: unknown, value: unknown): Promise<void> }).put(
      ['v1', 'doc', 'update', 2],
      Buffer.alloc(20, 7),
    ),
  )
  await stock.destroy()
}

describe('SIGTERM under load', () => {
  it('[ME4] [ST1] everything that was called stored is there after the start', async () => {
    const stored: string[] = []
    {
      await using peer = await PeerProcess.start(directory.at('data'))
      let isOver = false
      const writers = [0, 1, 2, 3].map(async (writer) => {
        const typist = new Typist()
        for (let n = 0; !isOver; n++) {
          const token = `token-${writer}-${n}`
          const answer = await peer
            .ask(`/v1/docs/doc-${writer}`, { method: 'PATCH', body: typist.type(token) })
            .catch(() => null)
          if (answer?.status !== 200) return
          stored.push(token)
        }
      })
      await expect.poll(() => stored.length, { timeout: 60_000 }).toBeGreaterThan(100)
      peer.kill('SIGTERM')
      expect(await peer.ended()).toBe(0)
      isOver = true
      await Promise.all(writers)
    }
    await using again = await PeerProcess.start(directory.at('data'))
    const texts = await Promise.all([0, 1, 2, 3].map((writer) => textOf(again, `doc-${writer}`)))
    const found = new Set(texts.join(' ').split(' '))
    expect(stored.filter((token) => !found.has(token))).toEqual([])
  })
})
