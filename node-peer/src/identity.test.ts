import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshIdentity, storedIdentity } from './identity.ts'
import { nodeCrypto } from './platform/crypto.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-identity-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const bytes = new TextEncoder().encode('to be signed')

describe('storedIdentity', () => {
  it('makes a key on first start, for its owner only, and keeps it', async () => {
    const first = await storedIdentity(directory)
    const second = await storedIdentity(directory)
    expect(first.publicKey).toHaveLength(32)
    expect(second.publicKey).toEqual(first.publicKey)
    expect(await nodeCrypto.verify(first.publicKey, bytes, await second.sign(bytes))).toBe(true)
    expect(await readdir(directory)).toEqual(['identity.pem'])
    expect(await readFile(join(directory, 'identity.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/u)
  })

  it('gives the file mode 0600, whatever the umask, and refuses it when others can read it', async (test) => {
    if (process.platform === 'win32') test.skip('Windows has no file modes')
    const umask = process.umask(0)
    await storedIdentity(directory)
    process.umask(umask)
    const path = join(directory, 'identity.pem')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await chmod(path, 0o640)
    await expect(storedIdentity(directory)).rejects.toMatchObject({ code: 'refused' })
    await expect(storedIdentity(directory)).rejects.toThrow(/mode 640.*chmod 600/u)
  })

  it.each([
    ['empty', ''],
    ['cut short', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n'],
    ['garbage', 'garbage'.repeat(1_000)],
    ['of another kind', generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' })],
  ])('refuses a file that is %s, and leaves it as it is', async (_, content) => {
    const path = join(directory, 'identity.pem')
    await writeFile(path, content, { mode: 0o600 })
    await expect(storedIdentity(directory)).rejects.toMatchObject({ name: 'KnotworkError', code: 'refused' })
    expect(await readFile(path, 'utf8')).toBe(content)
  })

  it('gets over a start that was interrupted while the key was written', async () => {
    await writeFile(join(directory, 'identity.pem.new'), '-----BEGIN')
    await storedIdentity(directory)
    expect(await readdir(directory)).toEqual(['identity.pem'])
  })
})

describe('nodeCrypto', () => {
  it('verifies no signature of another key or of other bytes, and never rejects because of its input', async () => {
    const [one, two] = [freshIdentity(), freshIdentity()]
    const signature = await one.sign(bytes)
    expect(signature).toHaveLength(64)
    expect(await nodeCrypto.verify(one.publicKey, bytes, signature)).toBe(true)
    expect(await nodeCrypto.verify(two.publicKey, bytes, signature)).toBe(false)
    expect(await nodeCrypto.verify(one.publicKey, bytes.subarray(1), signature)).toBe(false)
    expect(await nodeCrypto.verify(one.publicKey, bytes, signature.subarray(1))).toBe(false)
    expect(await nodeCrypto.verify(new Uint8Array(5), bytes, signature)).toBe(false)
    expect(await nodeCrypto.verify(new Uint8Array(32).fill(255), bytes, signature)).toBe(false)
  })

  it('computes HMAC-SHA-256', async () => {
    // RFC 4231, test case 2.
    const mac = await nodeCrypto.hmac(
      new TextEncoder().encode('Jefe'),
      new TextEncoder().encode('what do ya want for nothing?'),
    )
    expect(Buffer.from(mac).toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  })
})
