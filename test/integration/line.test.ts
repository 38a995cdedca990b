/** Three real processes in a line: A - B - C, where A and C do not know each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { eventually } from './eventually.ts'
import { NodeProcess } from './node-process.ts'

let directory: string
const running: NodeProcess[] = []

async function start(name: string, connect: readonly string[] = [], port = 0): Promise<NodeProcess> {
  const peer = await NodeProcess.running({ data: join(directory, name), connect, port })
  running.push(peer)
  return peer
}

/** An edit as it comes from somebody with an own replica. */
class Writer {
  readonly doc = new Y.Doc()
  #sent = Y.encodeStateVector(this.doc)

  type(text: string): Uint8Array {
    const body = this.doc.getText('text')
    body.insert(body.length, text)
    const update = Y.encodeStateAsUpdate(this.doc, this.#sent)
    this.#sent = Y.encodeStateVector(this.doc)
    return update
  }

  delete(at: number, length: number): Uint8Array {
    this.doc.getText('text').delete(at, length)
    return Y.encodeStateAsUpdate(this.doc, this.#sent)
  }
}

/** State vector, delete set and content: equal in all three (QUALITY.md, P1). */
async function state(peer: NodeProcess, name: string): Promise<string> {
  const update = await peer.update(name)
  if (update === null) return 'nothing'
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const snapshot = Buffer.from(Y.encodeSnapshot(Y.snapshot(doc))).toString('hex')
  return `${snapshot} ${doc.getText('text').toString()}`
}

async function areEqual(name: string, peers: readonly NodeProcess[]): Promise<boolean> {
  const states = await Promise.all(peers.map((peer) => state(peer, name)))
  return states[0] !== 'nothing' && states.every((one) => one === states[0])
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-line-'))
})

afterEach(async () => {
  for (const peer of running.splice(0)) await peer[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

describe('A - B - C', () => {
  it('[BR1] [ME2] an edit at A reaches C through B, and back', async () => {
    const b = await start('b')
    const a = await start('a', [b.address])
    const c = await start('c', [b.address])
    const writer = new Writer()
    expect(await a.patch('letter', writer.type('from A'))).toBe(200)
    await eventually('C has it', async () => (await c.text('letter')) === 'from A')
    expect(await c.patch('letter', writer.type(', and from C'))).toBe(200)
    await eventually('A has it', async () => (await a.text('letter')) === 'from A, and from C')
    expect(await a.patch('letter', writer.delete(0, 5))).toBe(200)
    await eventually('all are equal', () => areEqual('letter', [a, b, c]))
    expect(await b.text('letter')).toBe('A, and from C')
  })

  it('[DS3] a peer that joins late gets everything from whichever neighbour has it', async () => {
    const b = await start('b')
    const a = await start('a', [b.address])
    await a.patch('old', new Writer().type('written before C was there'))
    await eventually('B has it', async () => (await b.text('old')) !== '')
    await a.crash()
    const c = await start('c', [b.address])
    await eventually('C has it', async () => (await c.text('old')) === 'written before C was there')
  })

  it('[CA1] [CA2] a peer that was down catches up on documents nobody has open', async () => {
    let b = await start('b')
    const { port } = b
    const a = await start('a', [b.address])
    await a.patch('first', new Writer().type('one'))
    await eventually('B has it', async () => (await b.text('first')) === 'one')
    await b.crash()
    for (const name of ['second', 'third', '..', 'a/b%2F', '🪢']) await a.patch(name, new Writer().type(`in ${name}`))
    b = await start('b', [], port)
    const c = await start('c', [b.address])
    await eventually('C has all', async () => {
      const names = ['second', 'third', 'a/b%2F', '🪢']
      const texts = await Promise.all(names.map((name) => c.text(name)))
      return texts.every((text, index) => text === `in ${names[index]}`)
    })
  })

  it('[TR6] with B killed in mid-typing both sides go on, and all are equal when it is back', async () => {
    let b = await start('b')
    const { port } = b
    const a = await start('a', [b.address])
    const c = await start('c', [b.address])
    const [ada, cleo] = [new Writer(), new Writer()]
    for (let i = 0; i < 60; i++) {
      if (i === 20) await b.crash()
      expect(await a.patch('story', ada.type(`a${i} `))).toBe(200)
      expect(await c.patch('story', cleo.type(`c${i} `))).toBe(200)
      if (i === 40) b = await start('b', [], port)
    }
    await eventually('all are equal', () => areEqual('story', [a, b, c]))
    const words = (await b.text('story')).trim().split(' ')
    expect(new Set(words).size).toBe(120)
  })

  it('[TR6] with B gone for good, all are equal when A meets C', async () => {
    const b = await start('b')
    let a = await start('a', [b.address])
    const c = await start('c', [b.address])
    const [ada, cleo] = [new Writer(), new Writer()]
    await a.patch('story', ada.type('before '))
    await eventually('C has it', async () => (await c.text('story')) !== '')
    await b.crash()
    await a.patch('story', ada.type('A alone '))
    await c.patch('story', cleo.type('C alone '))
    await a.stop()
    a = await start('a', [c.address])
    await eventually('both are equal', () => areEqual('story', [a, c]))
    const text = await a.text('story')
    for (const part of ['before', 'A alone', 'C alone']) expect(text).toContain(part)
  })
})
