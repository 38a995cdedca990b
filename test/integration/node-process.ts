import { PeerProcess } from './peer-process.ts'

export interface NodeProcessOptions {
  readonly data: string
  /** Default: any that is free. */
  readonly port?: number
  readonly connect?: readonly string[]
  readonly flags?: readonly string[]
}

/** A node peer as one of several that are linked, killed, started again, and read. */
export class NodeProcess extends PeerProcess {
  /** Resolves when it listens. */
  static async running(options: NodeProcessOptions): Promise<NodeProcess> {
    const { data, port = 0, connect = [], flags = [] } = options
    const dialled = connect.flatMap((address) => ['--connect', address])
    const peer = new NodeProcess(data, { args: ['--port', String(port), '--no-page', ...dialled, ...flags] })
    await peer.until(() => peer.lines.length > 0)
    return peer
  }

  /** What others pass to `--connect`. */
  get address(): string {
    return `${this.webSocketUrl}/peer`
  }

  /** Where stock y-websocket clients connect to. */
  get yjs(): string {
    return `${this.webSocketUrl}/yjs`
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** The document as text; empty while it is not there. */
  async text(name: string, root = 'text'): Promise<string> {
    const target = `/v1/docs/${encodeURIComponent(name)}?name=${encodeURIComponent(root)}`
    const { status, text } = await this.ask(target, { headers: { accept: 'text/plain' } })
    return status === 200 ? text : ''
  }

  /** The whole document as a Yjs update; null while it is not there. */
  async update(name: string): Promise<Uint8Array | null> {
    const headers = { accept: 'application/vnd.yjs.update' }
    const { status, bytes } = await this.ask(`/v1/docs/${encodeURIComponent(name)}`, { headers })
    return status === 200 ? bytes : null
  }

  /** Merges an update; the status tells what became of it. */
  async patch(name: string, update: Uint8Array): Promise<number> {
    const { status } = await this.ask(`/v1/docs/${encodeURIComponent(name)}`, { method: 'PATCH', body: update })
    return status
  }

  /** The power goes out. */
  async crash(): Promise<void> {
    this.kill('SIGKILL')
    await this.ended()
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM')
    await this.ended()
  }
}
