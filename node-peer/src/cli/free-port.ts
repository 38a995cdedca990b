import { once } from 'node:events'
import { createServer } from 'node:net'

const attemptsMax = 100

/** The first port from `first` on that nobody holds; `first` itself when none is found, for its error to be shown. */
export async function freePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + attemptsMax; port++) if (await isFree(host, port)) return port
  return first
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen({ host, port })
    await once(probe, 'listening')
    return true
  } catch (thrown) {
    // Any other trouble with this host is not mended by another port.
    return (thrown as { code?: unknown }).code !== 'EADDRINUSE'
  } finally {
    probe.close()
  }
}
