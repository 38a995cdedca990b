/** Which document a request is about, and what of it. */
import { nameBelow, tolerantlyDecoded, type RawTarget } from '../server/raw-target.ts'

/** Documents by name over HTTP. */
const documentsPath = '/v1/docs'

/** What there is of a document besides itself: ends of a path, where `:` stands for one segment. */
const parts = [
  'events',
  'versions',
  'versions/:version',
  'versions/:version/diff',
  'versions/:version/restore',
  'retention',
  'purge',
] as const

export interface DocumentTarget {
  /** As it was given; null for a request that names none. */
  readonly name: string | null
  /** The route that such a request has, with a placeholder for the name: no name can confuse a router. */
  readonly route: string
}

/** Null for what is not about documents. */
export function documentTarget(target: RawTarget): DocumentTarget | null {
  const { path, query } = target
  if (path !== documentsPath && !path.startsWith(`${documentsPath}/`)) return null
  const rest = path.slice(documentsPath.length + 1)
  if (rest === '') {
    if (!query.has('doc')) return { name: null, route: documentsPath }
    return { name: query.get('doc'), route: routeOf(partNamed(query.get('part') ?? '')) }
  }
  for (const part of parts) {
    const name = nameBefore(rest, part)
    if (name !== null) return { name: tolerantlyDecoded(name.text), route: routeOf(name.part) }
  }
  return { name: nameBelow(target, documentsPath, 'doc'), route: routeOf('') }
}

function routeOf(part: string): string {
  return part === '' ? `${documentsPath}/-` : `${documentsPath}/-/${part}`
}

/** A part as a query names it, for the names that only a query can hold. */
function partNamed(text: string): string {
  return parts.some((part) => patternOf(part).test(`-/${text}`)) ? text : ''
}

function nameBefore(rest: string, part: string): { readonly text: string; readonly part: string } | null {
  const match = patternOf(part).exec(rest)
  return match === null ? null : { text: match[1] ?? '', part: match[2] ?? '' }
}

function patternOf(part: string): RegExp {
  return new RegExp(`^(.+)/(${part.replaceAll(/:\w+/gu, '[^/]+')})$`, 'su')
}
