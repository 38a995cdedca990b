import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateTag } from '@knotwork/core'
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
    out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
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

describe('moving documents', () => {
  const names = ['notes/today', '..', '.', 'rööm 100%', '%2F', '__proto__', 'a\nb', 'A', '文書']

  it('[RE4] [RE5] exports all documents, and imports them into another peer, nothing lost', async () => {
    const files = join(data, 'files')
    const other = join(data, 'other')
    const tags = new Map<string, string>()
    const from = await openPeer({ data: join(data, 'from'), listen: { port: 0 }, page: false, direct: false })
    for (const name of names) {
      const doc = new Y.Doc()
      doc.getText('body').insert(0, name, { bold: true })
      doc.getText('body').delete(0, 1)
      doc.getMap('map').set('bytes', Uint8Array.of(1, 2))
      await from.merge(name, Y.encodeStateAsUpdate(doc))
      tags.set(name, stateTag((await from.read(name))!))
    }
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'gone')
    await from.merge('deleted', Y.encodeStateAsUpdate(doc))
    expect((await fetch(`${from.url ?? ''}/v1/docs/deleted`, { method: 'DELETE' })).status).toBe(204)
    await from.close()
    const at = ['--data', join(data, 'from')]
    expect(JSON.parse(await run('export', '--all', '--out', files, '--json', ...at))).toMatchObject({ failed: [] })
    expect((await readdir(files)).length).toBe(names.length)
    await mkdir(other)
    const first = JSON.parse(await run('import', files, '--json', '--data', other)) as { stored: string[] }
    expect(first.stored.toSorted()).toEqual(names.toSorted())
    expect(await run('import', files, '--data', other)).toContain(`0 imported, ${names.length} were the same already`)
    const to = await openPeer({ data: other })
    for (const name of names) expect(stateTag((await to.read(name))!)).toBe(tags.get(name))
    await to.close()
    // Nothing is written over.
    const again = JSON.parse(await run('export', '--all', '--out', files, '--json', ...at)) as { failed: object[] }
    expect([again.failed.length, process.exitCode]).toEqual([names.length, 1])
    process.exitCode = undefined
  })

  it('[RE4] as JSON, text and Markdown; what cannot be taken is told, and costs nothing else', async () => {
    const peer = await open()
    await write(peer, '# Title\n')
    await peer.close()
    const at = ['--data', data]
    const file = join(data, 'b.md')
    await run('export', 'a', '--format', 'markdown', '--out', file, ...at)
    expect(await readFile(file, 'utf8')).toBe('# Title\n')
    await writeFile(join(data, 'c.json'), '{"list":[1,{"two":3}],"body":"text"}')
    await writeFile(join(data, 'd.yjs'), 'garbage')
    const paths = ['b.md', 'c.json', 'd.yjs'].map((name) => join(data, name))
    const report = JSON.parse(await run('import', ...paths, '--json', ...at)) as { stored: string[]; failed: object[] }
    expect([report.stored, report.failed.length, process.exitCode]).toEqual([['b', 'c'], 1, 1])
    process.exitCode = undefined
    expect(JSON.parse(await run('export', 'c', '--format', 'json', ...at))).toEqual({
      list: [1, { two: 3 }],
      body: 'text',
    })
    expect(await run('export', 'b', '--format', 'text', ...at)).toBe('# Title\n')
    expect(await run('import', file, '--name', 'b', ...at)).toContain('1 were the same')
    await expect(run('export', 'nothing', ...at)).rejects.toMatchObject({ code: 'refused-request' })
  })
})
