import { loadSelf } from '../../../web-peer/src/identity.ts'
import { openOwnDatabase } from '../../../web-peer/src/own-database.ts'

const message = new Uint8Array([1, 2, 3])

async function describeSelf() {
  const database = await openOwnDatabase()
  const { identity, crypto: suite } = await loadSelf(database)
  database.close()
  const signature = await identity.sign(message)
  return {
    publicKey: [...identity.publicKey].join(' '),
    isSecure: isSecureContext,
    isVerified: await suite.verify(identity.publicKey, message, signature),
    isForged: await suite.verify(identity.publicKey, new Uint8Array([1, 2, 4]), signature),
    hmac: (await suite.hmac(new Uint8Array([1]), message)).length,
  }
}

export const identityFeats = {
  /** This origin's identity; two pages that ask at once must be told the same. */
  self: describeSelf,

  /** Several at once in one page, as when tabs start together. */
  async selvesAtOnce(count: number) {
    const selves = await Promise.all(Array.from({ length: count }, describeSelf))
    return new Set(selves.map(({ publicKey }) => publicKey)).size
  },

  /** What the database keeps: a key that may be used, not read. */
  async storedKey() {
    const database = await openOwnDatabase()
    const request = database.transaction('identity').objectStore('identity').get('identity')
    const pair = await new Promise<{ readonly type: string; readonly privateKey?: CryptoKey }>((resolve) => {
      request.addEventListener('success', () => resolve(request.result))
    })
    database.close()
    return { type: pair.type, extractable: pair.privateKey?.extractable ?? null }
  },
}
