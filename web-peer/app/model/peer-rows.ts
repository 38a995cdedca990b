/** The neighbours, and whoever else is seen, as rows of a table: who, by which path, how far, how much, why not direct. */
import type { Neighbour } from '@knotwork/web-peer'
import type { Person } from './people.ts'
import { hostOf } from './reach-words.ts'

export interface PeerRow {
  readonly key: string
  readonly name: string
  /** The beginning of its id; empty before it has proven one. */
  readonly id: string
  readonly keeps: boolean
  readonly path: string
  /** What became of it, where there is no link. */
  readonly state: string
  /** Why there is no direct link; or why there is none at all, which `isTrouble`. */
  readonly aside: string
  readonly isTrouble: boolean
  readonly roundTripMs: number | null
  readonly bytes: { readonly in: number; readonly out: number } | null
}

const stateWords: Readonly<Record<Neighbour['state'], string>> = {
  dialling: 'calling',
  greeting: 'proving who is who',
  linked: '',
  waiting: 'not reached',
}

const pathWords: Readonly<Record<string, string>> = {
  webrtc: 'direct (WebRTC)',
  direct: 'direct (WebRTC)',
  tab: 'direct (this browser)',
  ws: 'WebSocket',
  wss: 'WebSocket',
  websocket: 'WebSocket',
}

/** Key of a peer: what its id and its address begin with alike. An id of 32 bytes is 43 letters, its last one half full. */
const keyLetters = 42

export function peerRows(
  neighbours: readonly Neighbour[],
  people: readonly Person[],
  self: string,
): readonly PeerRow[] {
  const names = new Map(people.filter(({ id }) => id.length > keyLetters).map(({ id, name }) => [keyOf(id), name]))
  const relay = neighbours.find(({ state, keeps }) => state === 'linked' && keeps)
  const through = relay === undefined ? null : `through ${hostOf(relay.address)}`
  const rows = neighbours.map((neighbour) => rowOf(neighbour, { names, through, own: keyOf(self) }))
  if (through === null) return rows
  const listed = new Set([keyOf(self), ...neighbours.map((neighbour) => keyOfNeighbour(neighbour))])
  const relayed = [...names].filter(([key]) => !listed.has(key))
  return [...rows, ...relayed.map(([key, name]) => relayedRow(key, name, through))]
}

interface Surroundings {
  /** What people call themselves, by the key that they say they have. */
  readonly names: ReadonlyMap<string, string>
  /** How those are reached that have no link of their own. */
  readonly through: string | null
  readonly own: string
}

function rowOf(neighbour: Neighbour, { names, through, own }: Surroundings): PeerRow {
  const { address, transport, state, why, whyNotDirect, keeps, roundTripMs, bytesIn, bytesOut } = neighbour
  const key = keyOfNeighbour(neighbour)
  const isLinked = state === 'linked'
  const name = key === own ? undefined : names.get(key)
  const isSeen = transport === 'direct' && !isLinked && name !== undefined && through !== null
  return {
    key: `${transport} ${address}`,
    name: nameOf(neighbour, name),
    id: neighbour.id?.slice(0, 8) ?? '',
    keeps,
    // Whoever cannot be reached directly and is seen all the same is reached through somebody.
    path: isSeen ? through : (pathWords[transport] ?? transport),
    state: isSeen ? '' : stateWords[state],
    aside: whyNotDirect ?? (isLinked ? '' : (why ?? (isSeen ? 'trying to connect directly' : ''))),
    isTrouble: !isLinked && !isSeen && (whyNotDirect ?? why) !== null,
    roundTripMs,
    bytes: isLinked ? { in: bytesIn, out: bytesOut } : null,
  }
}

function relayedRow(key: string, name: string, through: string): PeerRow {
  const nothing = { keeps: false, state: '', aside: '', isTrouble: false, roundTripMs: null, bytes: null }
  return { key: `relayed ${key}`, name, id: key.slice(0, 8), path: through, ...nothing }
}

function keyOf(id: string): string {
  return id.slice(0, keyLetters)
}

/** Also of one that is only being dialled, from the address. */
function keyOfNeighbour({ id, address }: Neighbour): string {
  return keyOf(id ?? address.replace(/^direct:/u, ''))
}

function nameOf({ transport, address, keeps }: Neighbour, name: string | undefined): string {
  if (transport === 'tab') return 'Another tab'
  if (name !== undefined && !keeps) return name
  // 54 characters that nobody reads.
  return transport === 'webrtc' || transport === 'direct' ? 'A page or peer' : hostOf(address)
}
