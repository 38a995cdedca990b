/**
 * This peer's Ed25519 key pair: made on first start and kept with its data as `identity.pem` (PKCS8), readable by its
 * owner only. Whoever has this file can pass for this peer.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { KnotworkError, type Identity } from '@knotwork/core'

const othersMode = 0o077
/** Far above a key's 119 bytes: more is not read of a file that is something else. */
const sizeBytesMax = 4_096

/** An identity that ends with this process. */
export function freshIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

/**
 * The identity kept in a data directory, made when there is none. KnotworkError 'refused' when its file is open to
 * others or damaged: a new identity in its place would be another peer, so that is left to people.
 */
export async function storedIdentity(directory: string): Promise<Identity> {
  const path = join(directory, 'identity.pem')
  return identityOf((await readKey(path)) ?? (await createKey(path)))
}

function identityOf(privateKey: KeyObject): Identity {
  return {
    publicKey: rawPublicKey(privateKey),
    sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, privateKey))),
  }
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(x ?? '', 'base64url'))
}

async function readKey(path: string): Promise<KeyObject | null> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'ENOENT') return null
    throw new KnotworkError('storage', `the identity in ${path} cannot be read`, { cause: thrown })
  }
  try {
    const { mode, size } = await file.stat()
    // Windows has no such mode: there the profile directory keeps others out.
    if (process.platform !== 'win32' && (mode & othersMode) !== 0) {
      const shown = (mode & 0o777).toString(8)
      throw new KnotworkError(
        'refused',
        `${path} is open to others (mode ${shown}); close it with: chmod 600 '${path}'`,
      )
    }
    if (size > sizeBytesMax) throw damaged(path)
    return keyFrom(await file.readFile('utf8'), path)
  } finally {
    await file.close()
  }
}

function keyFrom(pem: string, path: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (thrown) {
    throw damaged(path, thrown)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged(path)
  return key
}

function damaged(path: string, cause?: unknown): KnotworkError {
  const advice = 'restore it from a backup, or delete it to start as a new peer; documents are not affected'
  return new KnotworkError('refused', `${path} is no Ed25519 key in PKCS8 PEM: ${advice}`, { cause })
}

/**
 * Writes a new key beside its place, syncs it, and moves it there, so that a crash leaves all of it or nothing. Two
 * processes cannot do this at once: the database's lock is taken before.
 */
async function createKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  const file = await open(fresh, 'wx', 0o600)
  try {
    await file.writeFile(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
  await syncDirectory(join(path, '..'))
  return privateKey
}

/** Makes the new name durable; a platform that cannot sync directories does without. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch {
    // Windows.
  }
}
