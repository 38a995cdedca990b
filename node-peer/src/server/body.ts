/** Bodies of requests: read under a cap, or thrown away so that their sender hears the answer. */
import type { IncomingMessage } from 'node:http'
import { limits } from '@knotwork/core'

/** Who sends more than this after the answer is known, or for longer, is cut off. */
const unwantedBytesMax = 2 * limits.messageBytesMax
const unwantedMsMax = 10_000

/** The whole body; null when it has more than `bytesMax` bytes, of which no more than that were ever held. */
export function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array | null> {
  const told = Number(incoming.headers['content-length'] ?? 0)
  if (told > bytesMax) return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    const stop = (): void => {
      incoming.off('data', take).off('end', end).off('close', cut)
      incoming.pause()
    }
    const take = (chunk: Buffer): void => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= bytesMax) return
      chunks = []
      stop()
      resolve(null)
    }
    const end = (): void => {
      stop()
      resolve(new Uint8Array(Buffer.concat(chunks)))
    }
    const cut = (): void => {
      stop()
      reject(new Error('the connection ended within the body'))
    }
    incoming.on('data', take).on('end', end).on('close', cut)
  })
}

/**
 * Resolves when what is left of the body was read and thrown away, or when it is too much.
 *
 * A server that answers and closes while the other side still sends resets the connection, and the answer is lost with it.
 */
export function drained(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed) {
    incoming.resume()
    return Promise.resolve()
  }
  return new Promise((resolve) => {
    let size = 0
    const done = (): void => {
      clearTimeout(timer)
      incoming.off('data', count).off('end', done).off('close', done)
      incoming.resume()
      resolve()
    }
    const count = (chunk: Buffer): void => {
      size += chunk.length
      if (size > unwantedBytesMax) done()
    }
    const timer = setTimeout(done, unwantedMsMax)
    incoming.on('data', count).on('end', done).on('close', done)
    // Who has read a part of it has left it paused.
    incoming.resume()
  })
}
