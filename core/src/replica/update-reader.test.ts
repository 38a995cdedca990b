import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { withFlippedBit } from '../../test/bytes.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { editRichly, session } from '../../test/sessions.ts'
import { contentKind, readUpdate } from './update-reader.ts'

/** What Yjs itself reads, in the words of the reader. */
function asYjsReads(update: Uint8Array): unknown {
  const { structs, ds } = Y.decodeUpdate(update)
  const idOf = (id: Y.ID | null): unknown => (id === null ? null : { client: id.client, clock: id.clock })
  return {
    structs: structs.map((struct) => {
      const { client, clock } = struct.id
      const nothing = { origin: null, rightOrigin: null, parent: null, key: null }
      if (struct instanceof Y.Skip)
        return { client, clock, length: struct.length, content: contentKind.skip, ...nothing }
      if (!(struct instanceof Y.Item)) {
        return { client, clock, length: struct.length, content: contentKind.gc, ...nothing }
      }
      const parent: unknown = struct.parent
      return {
        client,
        clock,
        length: struct.length,
        content: struct.content.getRef(),
        origin: idOf(struct.origin),
        rightOrigin: idOf(struct.rightOrigin),
        parent: parent instanceof Y.ID ? idOf(parent) : parent,
        key: struct.parentSub,
      }
    }),
    deletes: [...ds.clients].flatMap(([client, ranges]) =>
      ranges.map(({ clock, len }) => ({ client, clock, length: len })),
    ),
  }
}

const updatesOf = (seed: number): readonly Uint8Array[] => session(new SeededRandom(seed), editRichly).updates

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

function asWeRead(update: Uint8Array): unknown {
  const { structs, deletes } = readUpdate(update)
  return { structs: structs.map(({ start: _start, end: _end, text: _text, ...header }) => header), deletes }
}

describe('[DS6] the reader of updates', () => {
  it('[DS6] reads what Yjs reads, whatever was written', () => {
    for (let seed = 1; seed <= 30; seed++) {
      for (const update of updatesOf(seed)) expect(asWeRead(update)).toEqual(asYjsReads(update))
    }
  })

  it('[DS6] refuses what Yjs refuses, and nothing else: 6,000 updates with a flipped bit', () => {
    const random = new SeededRandom(7)
    const updates = updatesOf(8)
    let refused = 0
    for (let round = 0; round < 6_000; round++) {
      const damaged = withFlippedBit(random.pick(updates), random)
      const expected = orNull(() => asYjsReads(damaged))
      if (expected === null) refused++
      expect({ damaged, read: orNull(() => asWeRead(damaged)) }).toEqual({ damaged, read: expected })
    }
    expect(refused).toBeGreaterThan(500)
  })

  it('[DS6] knows where the bytes of each struct are', () => {
    for (const update of updatesOf(9)) {
      const { structs } = readUpdate(update)
      for (const [at, { start, end, client }] of structs.entries()) {
        expect(end).toBeGreaterThan(start)
        const before = structs[at - 1]
        expect(start).toBe(before?.client === client ? before.end : start)
      }
    }
  })
})
