/** Reads server-sent events as a browser's EventSource does, from Node 20, which has none. */
import { get, type IncomingMessage } from 'node:http'

export interface ReadEvent {
  readonly event: string
  readonly data: string
  readonly id: string
}

export class EventReader implements Disposable {
  readonly events: ReadEvent[] = []
  readonly #asking
  #text = ''

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#asking = get(url, { headers, agent: false }, (response) => this.#read(response))
    this.#asking.on('error', () => undefined)
  }

  of(event: string): readonly ReadEvent[] {
    return this.events.filter((each) => each.event === event)
  }

  [Symbol.dispose](): void {
    this.#asking.destroy()
  }

  #read(response: IncomingMessage): void {
    response.setEncoding('utf8')
    response.on('error', () => undefined)
    response.on('data', (text: string) => {
      this.#text += text
      const parts = this.#text.split('\n\n')
      this.#text = parts.pop() ?? ''
      for (const part of parts) this.#take(part)
    })
  }

  #take(part: string): void {
    const fields = new Map<string, string>()
    for (const line of part.split('\n')) {
      const colon = line.indexOf(':')
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart())
    }
    if (!fields.has('data')) return
    const id = fields.get('id') ?? this.events.at(-1)?.id ?? ''
    this.events.push({ event: fields.get('event') ?? 'message', data: fields.get('data') ?? '', id })
  }
}
