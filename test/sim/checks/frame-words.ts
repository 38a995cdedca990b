/** A frame in words, for traces. */
import * as Y from 'yjs'
import { decodePresence } from '../../../core/src/presence/presence-codec.ts'
import { decodeMessage } from '../../../core/src/wire/codec.ts'
import type { DocumentMessage, Have } from '../../../core/src/wire/message.ts'
import { decodeYjs } from '../../../core/src/wire/yjs-wire.ts'
import { contentOf } from './update-content.ts'

/** Null for what only keeps a link alive. */
export function wordsOf(frame: Uint8Array, isStock: boolean): string | null {
  if (isStock) {
    const decoded = decodeYjs(frame)
    if (!decoded.ok) return 'garbage'
    const message = decoded.value
    if (message.type === 'step1') return `step1 ${vectorWords(message.stateVector)}`
    if (message.type === 'step2' || message.type === 'update') return `${message.type} ${updateWords(message.update)}`
    return message.type === 'awareness' ? `awareness ${presenceWords(message.states)}` : message.type
  }
  const decoded = decodeMessage(frame)
  if (!decoded.ok) return 'garbage'
  const message = decoded.value
  switch (message.type) {
    case 'ping':
    case 'pong':
      return null
    case 'open':
      return `open ${message.number}=${message.name} ${haveWords(message.have)}`
    case 'decline':
      return `decline yours ${message.yours}: ${message.reason}`
    case 'close':
      return `close ${message.number}`
    case 'unknown':
      return `unknown yours ${message.yours}`
    case 'document':
      return `${message.number} ${message.message.type} ${documentWords(message.message)}`
    case 'catalogue':
    case 'differ':
      return `${message.type} ${message.fingerprints.length}`
    case 'symbols':
      return `symbols ${message.symbols.length} of ${message.size} from ${message.start}`
    case 'more':
      return `more ${message.count} from ${message.start}`
    default:
      return message.type
  }
}

function documentWords(message: DocumentMessage): string {
  switch (message.type) {
    case 'have':
      return haveWords(message.have)
    case 'digest':
      return `#${message.sequence} ${hex(message.digest)}${message.answer ? '?' : ''}`
    case 'missing':
      return `#${message.sequence} ${hex(message.digest)} ${updateWords(message.update)}`
    case 'updates':
      return `#${message.sequence} ${message.updates.map(updateWords).join(' + ')} v${message.reach ?? 0}`
    case 'stored':
      return `#${message.sequence}`
    case 'presence':
      return presenceWords(message.states)
    case 'reach':
      return `v${message.version} (yours v${message.known}) ${message.names.map((name) => name.toString(16).slice(0, 4)).join(' ')}`
    case 'announce':
      return clockWords(message.ids)
    case 'prune':
    case 'presenceQuery':
      return ''
  }
}

function haveWords(have: Have): string {
  return `${vectorWords(have.stateVector)} ${hex(have.deletes)}`
}

function vectorWords(stateVector: Uint8Array): string {
  return clockWords(Y.decodeStateVector(stateVector))
}

function updateWords(update: Uint8Array): string {
  const { to, deleted } = contentOf(update)
  const gone = deleted.map(({ client, clock, length }) => `-${short(client)}:${clock}+${length}`)
  return `${clockWords(to)}${gone.join('')}`
}

function presenceWords(states: Uint8Array): string {
  const decoded = decodePresence(states)
  if (!decoded.ok) return 'garbage'
  return decoded.value.entries.map(({ client, clock, json }) => `${short(client)}@${clock}=${json}`).join(' ')
}

function clockWords(clocks: ReadonlyMap<number, number>): string {
  return `{${[...clocks].map(([client, clock]) => `${short(client)}:${clock}`).join(' ')}}`
}

function short(client: number): string {
  return client.toString(36)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').slice(0, 6)
}
