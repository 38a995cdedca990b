/**
 * The target of a request as it came over the wire. Document names are read from here: every URL parser on the way would
 * resolve `..`, and any text is a name.
 */
export interface RawTarget {
  /** Up to the question mark, neither decoded nor normalised. */
  readonly path: string
  readonly query: URLSearchParams
}

const authority = /^https?:\/\/[^/?]*/iu

export function rawTarget(url: string): RawTarget {
  // A proxy may name the whole URL. Bytes beyond ASCII do not arrive here: Node answers them with 400.
  const target = url.replace(authority, '')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  return { path: path === '' ? '/' : path, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)) }
}

/** Whether the target is `base` itself or something below it. */
export function isBelow(target: RawTarget, base: string): boolean {
  return target.path === base || target.path.startsWith(`${base}/`)
}

/**
 * The name that follows `base` in the path; or, for names that a client's URL parser would swallow, the one in a query
 * parameter of a request to `base` itself. Null when there is none.
 */
export function nameBelow(target: RawTarget, base: string, parameter: string): string | null {
  const inPath = tolerantlyDecoded(target.path.slice(base.length + 1))
  return inPath === '' ? target.query.get(parameter) : inPath
}

/** Percent-decodes what is validly encoded UTF-8 and leaves everything else as it is: `100%` is a name. */
export function tolerantlyDecoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/giu, decodedRun)
}

function decodedRun(run: string): string {
  let decoded = ''
  for (let at = 0; at < run.length;) {
    const piece = characterAt(run, at)
    decoded += piece.text
    at += piece.length
  }
  return decoded
}

/** The character that begins at `at` in a run of %XX; as it is written, when it is none. */
function characterAt(run: string, at: number): { readonly text: string; readonly length: number } {
  for (let length = 3; length <= 12 && at + length <= run.length; length += 3) {
    try {
      return { text: decodeURIComponent(run.slice(at, at + length)), length }
    } catch {
      // Not whole yet, or none at all.
    }
  }
  return { text: run.slice(at, at + 3), length: 3 }
}
