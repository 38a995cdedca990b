import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { eventually } from './eventually.ts'

it('[ME4] SIGTERM to `npm start` closes the peer, not only the shell that npm runs it in', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'knotwork-npm-'))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const npm = spawn('npm', ['start', '--silent', '--', '--port', '0', '--json', '--data', directory], { cwd: root })
  let output = ''
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await eventually('it listens', () => output.includes('"listening"'), 60_000)
  const url = /"url":"([^"]+)"/u.exec(output)?.[1] ?? ''
  expect((await fetch(`${url}/health`)).status).toBe(200)
  npm.kill('SIGTERM')
  await once(npm, 'exit')
  await eventually('the peer has closed', () => output.includes('"closed"'))
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  await rm(directory, { recursive: true, force: true })
})
