/** Apps that bring their own Y.Docs, take them offline, close, destroy and open them again: whatever they do, everybody ends with the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, stateOf } from '../../test/replicas.ts'
import { World } from '../../test/world.ts'
import type { SharedDocument } from './api.ts'

const step = fc.record({
  who: fc.nat(2),
  act: fc.constantFrom(
    'type',
    'type',
    'type',
    'delete',
    'disconnect',
    'connect',
    'close',
    'destroy',
    'same',
    'other',
    'wait',
  ),
  ms: fc.constantFrom(0, 0, 1, 20, 500),
})

/** A peer whose app has the document open, or not, with a Y.Doc that it brought. */
class Writer {
  readonly #open: (doc: Y.Doc) => SharedDocument
  #document: SharedDocument | null = null
  #written = 0
  readonly #name: string
  doc = new Y.Doc()
  readonly tokens: string[] = []

  constructor(name: string, open: (doc: Y.Doc) => SharedDocument) {
    this.#name = name
    this.#open = open
    this.#document = open(this.doc)
  }

  act(act: string): void {
    const document = this.#document
    if (act === 'disconnect') document?.disconnect()
    if (act === 'connect') document?.connect()
    if (act === 'close') {
      document?.close()
      this.#document = null
    }
    // Open or not.
    if (act === 'destroy') this.doc.destroy()
    if (act === 'same' && !this.doc.isDestroyed) this.reopen(this.doc)
    if (act === 'other') this.reopen(new Y.Doc())
    if (document === null || this.doc.isDestroyed) return
    if (act === 'type') this.#type()
    const text = this.doc.getText('t')
    // Only what nobody counts.
    if (act === 'delete' && text.toString().endsWith('.')) text.delete(text.length - 1, 1)
  }

  reopen(doc: Y.Doc): void {
    this.#document?.close()
    this.doc = doc
    this.#document = this.#open(doc)
  }

  #type(): void {
    const token = `${this.#name}${this.#written++} `
    this.tokens.push(token)
    this.doc.getText('t').insert(0, token)
    this.doc.getText('t').insert(this.doc.getText('t').length, '.')
  }

  get isOpen(): boolean {
    return this.#document !== null && !this.doc.isDestroyed
  }
}

describe('[DS15] [ME6] whatever apps do with their Y.Docs', () => {
  it('[DS15] [ME6] nothing typed is lost, and everybody ends with the same', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const world = new World()
        const hub = await world.peer('hub', { keeps: true })
        const writers: Writer[] = []
        const peers = [hub]
        for (const name of ['a', 'b', 'c']) {
          const own = await world.peer(name, { connect: [hub.address] })
          peers.push(own)
          writers.push(new Writer(name, (doc) => own.peer.open('doc', { doc })))
        }
        for (const { who, act, ms } of steps) {
          writers[who]?.act(act)
          if (ms > 0) await world.pass(ms)
        }
        for (const writer of writers) {
          if (writer.isOpen) writer.act('connect')
          else writer.act('other')
        }
        await world.pass(60_000)
        const states = writers.map(({ doc }) => stateOf(doc))
        expect(new Set(states).size).toBe(1)
        const text = writers[0]?.doc.getText('t').toString() ?? ''
        for (const token of writers.flatMap(({ tokens }) => tokens)) expect(text).toContain(token)
        // What they told one another is stored is in the log of each.
        for (const { peer, disk } of peers) {
          await Promise.all([peer.close(), world.pass(10_000)])
          expect(stateOf(docOf(1, ...[...disk.records.values()].flat()))).toBe(states[0])
        }
      }),
      { numRuns: 150 },
    )
  })
})
