import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SourceProcess } from './source-process.ts'

/** What each example says when it works. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  'two-peers.ts': [/Ben reads: Dear Ben/, /"type":"live".*"pending":0,"receivedOn":1,"storedOn":1/],
  'headless-bot.ts': [/words: 4/],
  'provider.ts': [/Ben reads: Dear Ben/, /Ada knows: connected live/],
  'yjs-app.ts': [/the peer reads: typed in a Yjs app/],
  'offline-first.ts': [
    /offline: \{"type":"offline","pending":1,"receivedOn":0,"storedOn":0,"keptOn":0,"saved":"disk"\}/,
    /with a friend: .*"storedOn":1.*Nobody is here/,
  ],
}

describe('examples', async () => {
  const files = (await readdir(fileURLToPath(new URL('../../examples', import.meta.url)))).filter((file) =>
    file.endsWith('.ts'),
  )

  it('each one is run here', () => {
    expect(files.toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  it.each(files)('%s', async (file) => {
    await using example = new SourceProcess(`examples/${file}`, [])
    expect({ exitCode: await example.ended(), errors: example.errors }).toEqual({ exitCode: 0, errors: '' })
    for (const line of expected[file] ?? []) expect(example.lines.join('\n')).toMatch(line)
  })
})
