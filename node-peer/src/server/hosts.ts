import { networkInterfaces } from 'node:os'

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** The hosts under which others reach a server bound to `host`: for a wildcard, this machine's addresses. */
export function reachableHosts(host: string): readonly string[] {
  if (!wildcards.has(host)) return [host]
  const addresses = Object.values(interfaces()).flatMap((each) => each ?? [])
  const outer = addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address)
  return outer.length > 0 ? outer : ['localhost']
}

/** The host under which this process reaches its own server. */
export function ownHost(host: string): string {
  if (host === '::') return '::1'
  return wildcards.has(host) ? '127.0.0.1' : host
}

export function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function interfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch {
    // Some sandboxes do not tell.
    return {}
  }
}
