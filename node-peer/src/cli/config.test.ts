import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withConfig } from './config.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-config-'))
  file = join(directory, 'peer.json')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

/** What the command prints on stdout; on stderr where it fails. */
async function run(...args: readonly string[]): Promise<string> {
  const program = new Command().exitOverride()
  withConfig(program)
  let out = ''
  const take = (text: string | Uint8Array): boolean => {
    out += String(text)
    return true
  }
  const writes = [
    vi.spyOn(process.stdout, 'write').mockImplementation(take),
    vi.spyOn(process.stderr, 'write').mockImplementation(take),
  ]
  try {
    await program.parseAsync(['config', ...args], { from: 'user' })
    return out
  } catch (thrown) {
    throw new Error(out, { cause: thrown })
  } finally {
    for (const write of writes) write.mockRestore()
  }
}

async function settings(...args: readonly string[]): Promise<Record<string, readonly [unknown, string]>> {
  const all = JSON.parse(await run('--json', ...args)) as {
    readonly settings: readonly { readonly key: string; readonly value: unknown; readonly origin: string }[]
  }
  return Object.fromEntries(all.settings.map(({ key, value, origin }) => [key, [value, origin]]))
}

const holding = (content: unknown): Promise<void> => writeFile(file, JSON.stringify(content))

describe('knotwork config', () => {
  it('takes flags before variables before the file before defaults, and says so of each', async () => {
    await holding({
      port: 1,
      host: 'a',
      history: 7,
      durability: 'os',
      connect: ['ws://a', 'ws://b'],
      open: true,
      'no-page': true,
      'no-direct': true,
    })
    vi.stubEnv('KNOTWORK_PORT', '2')
    vi.stubEnv('KNOTWORK_HOST', 'b')
    vi.stubEnv('KNOTWORK_OPEN', 'false')
    vi.stubEnv('KNOTWORK_NO_DIRECT', '0')
    expect(await settings('--config', file, '--port', '3')).toMatchObject({
      port: ['3', 'flag'],
      host: ['b', 'variable'],
      history: ['7', 'file'],
      durability: ['os', 'file'],
      connect: ['ws://a, ws://b', 'file'],
      open: ['false', 'variable'],
      'no-page': ['true', 'file'],
      'no-direct': ['false', 'variable'],
      'log-level': ['info', 'default'],
      lan: ['false', 'default'],
      token: [null, 'default'],
    })
    expect(await settings('--config', file, '--connect', 'ws://c')).toMatchObject({ connect: ['ws://c', 'flag'] })
    expect(await run('--config', file)).toMatch(/^setting +value +from\nport +2 +KNOTWORK_PORT\n/u)
  })

  it('shows no secret', async () => {
    await holding({ token: 'hidden1', 'webhook-secret': 'hidden2', 'y-webrtc': 'room:hidden3' })
    const ways = [
      '--connect',
      'wss://me:hidden4@peer.example/?token=hidden5',
      '--ice-server',
      'turn:me:hidden6@turn.example:1',
    ]
    const told = await run('--config', file, ...ways)
    expect(told).not.toContain('hidden')
    expect(told).toMatch(/^y-webrtc +room +file$/mu)
    expect(told).toContain('turn.example:1')
  })

  it.each([
    [{ prot: 1 }, 'there is no setting "prot"; there are port, '],
    [{ config: 'other.json' }, 'there is no setting "config"'],
    [{ port: 'many' }, 'port: A port is a number'],
    [{ durability: 'none' }, 'durability: '],
    [{ open: 'yes' }, 'open: it is true or false'],
    [{ host: ['a', 'b'] }, 'host: it has one value'],
    [[], 'it is one JSON object'],
  ])('refuses %j, even where something else counts', async (content, why) => {
    await holding(content)
    await expect(run('--config', file, '--port', '1', '--host', 'x')).rejects.toThrow(`${file}: ${why}`)
  })

  it('refuses a file that is not there', async () => {
    await expect(run('--config', file)).rejects.toThrow('ENOENT')
  })

  it('shows nothing of a file that is no JSON', async () => {
    await writeFile(file, '{"token": "hidden"')
    const failure = await run('--config', file).catch((thrown: unknown) => thrown as Error)
    expect(String(failure)).toContain(`${file}: it is no JSON`)
    expect(String(failure)).not.toContain('hidden')
  })
})
