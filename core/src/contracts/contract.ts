/**
 * A contract suite is a list of cases that every implementation of a port must pass. The cases know nothing of a test
 * runner, of Node or of a browser, so that vitest and a page in Chromium can both run them.
 */
export interface ContractCase<Subject> {
  readonly title: string
  /** Passes when it resolves. Makes its own subject and takes it down again. */
  run(make: () => Promise<Subject>): Promise<void>
}

/** A case whose subject is disposed of whatever happens. */
export function contractCase<Subject extends AsyncDisposable>(
  title: string,
  body: (subject: Subject) => Promise<void>,
): ContractCase<Subject> {
  return {
    title,
    async run(make) {
      const subject = await make()
      try {
        await body(subject)
      } finally {
        await subject[Symbol.asyncDispose]()
      }
    },
  }
}

export class ContractBroken extends Error {
  override readonly name = 'ContractBroken'
}

export function assert(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new ContractBroken(expectation)
}

export function assertEqual<Value>(actual: Value, expected: Value, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  assert(left === right, `${what}: expected ${clip(right)}, got ${clip(left)}`)
}

/** Waits for a promise to reject and hands out why. */
export async function assertRejects(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise
  } catch (thrown) {
    return thrown
  }
  throw new ContractBroken(`${what}: expected a rejection`)
}

/** Bytes that tell where they belong: reproducible, different for each `seed`, and no pattern that compresses well. */
export function testBytes(seed: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  let state = (seed + 1) * 2_654_435_761
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** A short fingerprint for comparing long byte arrays in messages people can read. */
export function fingerprint(bytes: Uint8Array): string {
  let hash = 2_166_136_261
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0
  return `${bytes.byteLength}:${hash.toString(16)}`
}

function clip(text: string | undefined): string {
  if (text === undefined) return 'undefined'
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`
}
