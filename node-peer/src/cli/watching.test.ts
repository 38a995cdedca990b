import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { writeRunningNote } from '../running-note.ts'
import { withWatching } from './watching.ts'

let data: string

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'knotwork-watching-'))
})

afterEach(async () => {
  process.exitCode = undefined
  await rm(data, { recursive: true, force: true })
})

/** What the command prints. */
async function run(...args: readonly string[]): Promise<string> {
  const program = new Command().exitOverride()
  withWatching(program)
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
    return true
  })
  try {
    await program.parseAsync(args, { from: 'user' })
  } finally {
    write.mockRestore()
  }
  return out
}

const open = (token?: string): Promise<NodePeer> =>
  openPeer({ data, listen: { port: 0 }, page: false, direct: false, ...(token === undefined ? {} : { token }) })

describe('knotwork status and peers', () => {
  it('[RE1] tells of a peer that runs on those data, and of whom it is linked to', async () => {
    await using peer = await open()
    const url = peer.url ?? ''
    await writeRunningNote(data, { pid: process.pid, url })
    const there = ['--data', data]
    expect(await run('peers', ...there)).toBe('No peers.\n')
    await using other = await openPeer({ storage: 'memory', connect: [peer.addresses[0] ?? ''], direct: false })
    await expect.poll(() => peer.neighbours.value[0]?.state).toBe('linked')
    expect(JSON.parse(await run('status', '--json', ...there))).toMatchObject({
      url,
      id: peer.id,
      whyNotReady: null,
      durability: 'disk',
      peers: { linked: 1, waiting: 0 },
    })
    const told = await run('status', ...there)
    expect(told).toMatch(/^Ready +yes\nPeer id +/u)
    expect(told).toContain('Peers        1 linked')
    expect(JSON.parse(await run('peers', '--json', ...there))).toMatchObject({
      peers: [{ id: other.id, state: 'linked' }],
    })
    expect(await run('peers', ...there)).toMatch(
      new RegExp(`^peer +state.*\n${other.id.slice(0, 12)} +linked +websocket`, 'u'),
    )
    expect(JSON.parse(await run('peers', '--network', '--json', ...there))).toMatchObject({
      links: [{ from: peer.id, to: other.id }],
    })
    expect(await run('peers', '--network', ...there)).toContain('(this peer) sees 1 others.\nfrom ')
    expect(process.exitCode).toBeUndefined()
  })

  it('[RE1] wants the token of a peer that has one', async () => {
    await using peer = await open('secret')
    const there = ['--url', peer.url ?? '']
    await expect(run('status', ...there)).rejects.toThrow('shared token')
    expect(await run('status', '--token', 'secret', ...there)).toContain(peer.id)
  })

  it('says that none runs, also where one was killed, and does not start one', async () => {
    await expect(run('status', '--data', data)).rejects.toThrow(`no peer runs on ${data}`)
    // No process has it: beyond what any system gives.
    await writeRunningNote(data, { pid: 2 ** 30, url: 'http://127.0.0.1:9' })
    await expect(run('peers', '--data', data)).rejects.toThrow(`no peer runs on ${data}`)
    await expect(run('status', '--url', 'http://127.0.0.1:9')).rejects.toThrow('no peer answers at')
  })
})
