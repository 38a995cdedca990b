import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { withDocs } from './docs.ts'

let data: string

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'knotwork-docs-'))
})

afterEach(() => rm(data, { recursive: true, force: true }))

/** What the command prints. */
async function run(...args: readonly string[]): Promise<string> {
  const program = new Command().exitOverride()
  withDocs(program)
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  try {
    await program.parseAsync(['docs', ...args], { from: 'user' })
  } finally {
    write.mockRestore()
  }
  return out
}

const open = (): Promise<NodePeer> => openPeer({ data, listen: { port: 0 }, page: false, direct: false })

async function write(peer: NodePeer, text: string): Promise<void> {
  using document = peer.open('a')
  await document.loaded
  const body = document.doc.getText('body')
  body.delete(0, body.length)
  body.insert(0, text)
  await document.stored()
}

async function bodyIn(peer: NodePeer): Promise<string> {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, (await peer.read('a')) ?? Uint8Array.of(0, 0))
  return doc.getText('body').toString()
}

describe('knotwork docs', () => {
  it('[HI4] [HI5] works on a peer that runs', async () => {
    await using peer = await open()
    const at = ['--url', peer.url ?? '']
    await write(peer, 'first')
    const made = JSON.parse(await run('version', 'name', 'a', 'one', '--json', ...at)) as unknown
    expect(made).toMatchObject({ name: 'one', by: peer.id })
    await write(peer, 'second')
    expect(await run('version', 'diff', 'a', 'one', ...at)).toMatch(/^body\n.*- .*\+ /su)
    expect(await run('version', 'restore', 'a', 'one', ...at)).toBe('a is as it was.\n')
    expect(await bodyIn(peer)).toBe('first')
  })

  it('[HI4] [HI5] works on the data of one that does not run', async () => {
    {
      await using peer = await open()
      await write(peer, 'first')
    }
    const there = ['--data', data]
    await run('version', 'name', 'a', 'one', ...there)
    expect(JSON.parse(await run('ls', '--json', ...there))).toMatchObject({
      documents: [{ name: 'a', historyBytes: 0, deleted: false }],
    })
    expect(await run('ls', ...there)).toMatch(/^document +bytes +of history +replicas\na +\d+ +0 /u)
    expect(await run('versions', 'a', ...there)).toMatch(/30 days.*1 updates.*"one"/su)
    expect(await run('version', 'restore', 'a', 'one', ...there)).toMatch(/nothing was changed/u)
    expect(await run('version', 'show', 'a', '2200-01-01', '--root', 'body', ...there)).toBe('first\n')
    expect(await run('retain', 'a', '7', ...there)).toMatch(/for 7 days/u)
    expect(JSON.parse(await run('versions', 'a', '--json', ...there))).toMatchObject({ retention: { days: 7 } })
    expect(await run('purge', 'a', ...there)).toMatch(/1 named versions still hold/u)
    await run('version', 'remove', 'a', 'one', ...there)
    expect(JSON.parse(await run('versions', 'a', '--json', ...there))).toMatchObject({ named: [], sessions: [] })
  })

  it('says what is wrong in a sentence', async () => {
    await using peer = await open()
    const at = ['--url', peer.url ?? '']
    await expect(run('version', 'show', 'a', 'nothing', ...at)).rejects.toThrow('there is no version "nothing"')
    await expect(run('version', 'diff', '', 'nothing', ...at)).rejects.toThrow(/name/u)
    await expect(run('ls', '--url', 'http://127.0.0.1:1')).rejects.toThrow('no peer answers')
    await expect(run('ls', '--data', join(data, 'nothing'))).rejects.toThrow('there is no data')
  })
})
