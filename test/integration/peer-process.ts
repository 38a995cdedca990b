import { request } from 'node:http'
import { SourceProcess } from './source-process.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly bytes: Uint8Array
  readonly text: string
  /** The body as JSON. */
  json(): unknown
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface PeerProcessOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Default: any that is free. */
  readonly port?: 'default'
}

/** A node peer as people start it: the command `knotwork`, in a process of its own, with its data in `directory`. */
export class PeerProcess extends SourceProcess {
  constructor(directory: string, { args = [], env = {}, port }: PeerProcessOptions = {}) {
    const anyPort = port === 'default' ? [] : ['--port', '0']
    // Of a flag that is given twice, the last one counts.
    super('node-peer/src/cli/main.ts', ['serve', '--json', '--data', directory, ...anyPort, ...args], env)
  }

  /** One that listens. */
  static async start(directory: string, options?: PeerProcessOptions): Promise<PeerProcess> {
    const peer = new PeerProcess(directory, options)
    await peer.until(() => peer.lines.length > 0)
    return peer
  }

  get #listening(): { readonly url: string; readonly id: string } {
    return JSON.parse(this.lines[0] ?? '{}') as { url: string; id: string }
  }

  get id(): string {
    return this.#listening.id
  }

  get url(): string {
    return this.#listening.url
  }

  /** The same host and port for WebSockets. */
  get webSocketUrl(): string {
    return this.url.replace('http', 'ws')
  }

  /** Ids of the peers it is linked to, as it said last. */
  get linkedTo(): readonly string[] {
    const last = this.lines.findLast((line) => line.includes('"event":"neighbours"')) ?? '{"neighbours":[]}'
    const { neighbours } = JSON.parse(last) as { neighbours: { id: string; state: string }[] }
    return neighbours.filter(({ state }) => state === 'linked').map(({ id }) => id)
  }

  /** A request whose target goes over the wire as it is written here, dots and all. */
  ask(target: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.url)
    return new Promise((resolve, reject) => {
      const asking = request({ hostname, port, path: target, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => void chunks.push(chunk))
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString('utf8')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: new Uint8Array(bytes),
            text,
            json: () => JSON.parse(text) as unknown,
          })
        })
      })
      asking.on('error', reject)
      asking.end(body)
    })
  }
}
