/** A node peer as people start it: the command `knotwork serve` in a process of its own. */
import { SourceProcess } from './source-process.ts'

export interface NodeProcessOptions {
  readonly data: string
  /** 0 (the default) for any free one. */
  readonly port?: number
  readonly connect?: readonly string[]
  readonly flags?: readonly string[]
}

export class NodeProcess implements AsyncDisposable {
  readonly process: SourceProcess
  readonly url: string

  private constructor(process: SourceProcess, url: string) {
    this.process = process
    this.url = url
  }

  /** Resolves when it listens. */
  static async start(options: NodeProcessOptions): Promise<NodeProcess> {
    const { data, port = 0, connect = [], flags = [] } = options
    const dialled = connect.flatMap((address) => ['--connect', address])
    const serve = ['serve', '--port', String(port), '--data', data, '--json', '--no-page', ...dialled, ...flags]
    const process = new SourceProcess('node-peer/src/cli/main.ts', serve)
    await process.until(() => process.lines.some((line) => line.includes('"event":"listening"')))
    const listening = process.lines.find((line) => line.includes('"event":"listening"')) ?? ''
    const { url } = JSON.parse(listening) as { readonly url: string }
    return new NodeProcess(process, url)
  }

  /** What others pass to `--connect`. */
  get address(): string {
    return `${this.url.replace('http', 'ws')}/peer`
  }

  /** Where stock y-websocket clients connect to. */
  get yjs(): string {
    return `${this.url.replace('http', 'ws')}/yjs`
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** The document as text; empty while it is not there. */
  async text(name: string, root = 'text'): Promise<string> {
    const path = `${this.url}/v1/docs/${encodeURIComponent(name)}?name=${encodeURIComponent(root)}`
    const response = await fetch(path, { headers: { accept: 'text/plain' } })
    return response.ok ? response.text() : ''
  }

  /** The whole document as a Yjs update; null while it is not there. */
  async update(name: string): Promise<Uint8Array | null> {
    const path = `${this.url}/v1/docs/${encodeURIComponent(name)}`
    const response = await fetch(path, { headers: { accept: 'application/vnd.yjs.update' } })
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null
  }

  /** Merges an update; the status tells what became of it. */
  async patch(name: string, update: Uint8Array<ArrayBuffer>): Promise<number> {
    const response = await fetch(`${this.url}/v1/docs/${encodeURIComponent(name)}`, { method: 'PATCH', body: update })
    await response.arrayBuffer()
    return response.status
  }

  /** The power goes out. */
  async crash(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.process.ended()
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM')
    await this.process.ended()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]()
  }
}
