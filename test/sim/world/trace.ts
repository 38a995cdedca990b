/** What happened, as one number (two runs of a seed must agree on it) and, when asked for, as lines to read. */
export class Trace {
  #a = 0x811c9dc5
  #b = 0x01000193
  readonly #print: ((line: string) => void) | null

  constructor(print: ((line: string) => void) | null = null) {
    this.#print = print
  }

  get isVerbose(): boolean {
    return this.#print !== null
  }

  get hash(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193)
    this.#b = Math.imul(this.#b ^ (value + (this.#a >>> 15)), 0x85ebca6b)
  }

  mixTime(timeMs: number): void {
    this.mix(Math.floor(timeMs))
    this.mix(Math.floor((timeMs % 1) * 0x7fff_ffff))
  }

  mixBytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.byteLength; i++) this.mix(bytes[i] ?? 0)
  }

  mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i))
  }

  /** A line for people; made only when somebody reads it. */
  note(timeMs: number, line: () => string): void {
    this.#print?.(`${timeMs.toFixed(1).padStart(9)}  ${line()}`)
  }
}
