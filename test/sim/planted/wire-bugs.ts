/** Bugs in what a peer says: frames are taken out, or changed, as they leave it. */
import { limits } from '@knotwork/core'
import type * as Y from 'yjs'
import { decodePresence, encodePresence } from '../../../core/src/presence/presence-codec.ts'
import { digestOf, haveOf } from '../../../core/src/replica/digest.ts'
import { decodeMessage, encodeMessage } from '../../../core/src/wire/codec.ts'
import type { DocumentMessage, LinkMessage } from '../../../core/src/wire/message.ts'
import type { Machine } from '../actors/machine.ts'
import type { Cast } from '../checks/circle.ts'
import { contentOf } from '../checks/update-content.ts'
import type { LinkEnd, Tap } from '../ports/link-end.ts'
import type { PlantedBug } from './planted-bug.ts'

/** Messages in parts would slip through: they are not looked into here. */
const whole = { smallLimits: { partBytesMax: limits.partBytesMax } }

type Rewrite = (message: LinkMessage, from: LinkEnd) => LinkMessage | null

/** Changes messages between peers, or with null takes them away. */
function rewriting(rewrite: Rewrite): Tap {
  return {
    sending(frame, from) {
      const decoded = decodeMessage(frame)
      const isBetweenPeers = from.host.label.startsWith('m') && from.far?.host.label.startsWith('m') === true
      if (!isBetweenPeers || !decoded.ok || decoded.value.type === 'skipped') return [frame]
      const rewritten = rewrite(decoded.value, from)
      if (rewritten === decoded.value) return [frame]
      return rewritten === null ? [] : [encodeMessage(rewritten)]
    },
  }
}

function aboutDocuments(rewrite: (message: DocumentMessage, from: LinkEnd) => DocumentMessage | null): Tap {
  return rewriting((message, from) => {
    if (message.type !== 'document') return message
    const rewritten = rewrite(message.message, from)
    if (rewritten === message.message) return message
    return rewritten === null ? null : { ...message, message: rewritten }
  })
}

const dropping = (type: DocumentMessage['type']): Tap =>
  aboutDocuments((message) => (message.type === type ? null : message))

/** Live updates that are not by the sender's own app come empty. */
function withoutRelay(cast: Cast): Tap {
  const isOwn = (update: Uint8Array, { host }: LinkEnd): boolean => {
    const machine = cast.machines.find((one) => one.host === host)
    const own = machine?.app?.opened.map((open) => open.handle.doc.clientID) ?? []
    return [...contentOf(update).to.keys()].some((client) => own.includes(client))
  }
  return aboutDocuments((message, from) =>
    message.type === 'updates'
      ? { ...message, updates: message.updates.filter((update) => isOwn(update, from)) }
      : message,
  )
}

/** Two replicas count as equal when their state vectors are, whatever was deleted. */
function blindToDeletes(cast: Cast): Tap {
  const names = new WeakMap<LinkEnd, Map<number, string>>()
  const machineAt = (end: LinkEnd | null): Machine | undefined => cast.machines.find((one) => one.host === end?.host)
  const stateAt = (end: LinkEnd | null, name: string): Y.Doc | undefined =>
    machineAt(end)?.app?.document(name)?.handle.doc ?? machineAt(end)?.disk.shadow(name)
  /** What both sides hold, if they are equal but for deletes. */
  const theirs = (from: LinkEnd, name: string): ReturnType<typeof haveOf> | null => {
    const [here, there] = [stateAt(from, name), stateAt(from.far, name)]
    if (here === undefined || there === undefined) return null
    const [own, other] = [haveOf(here), haveOf(there)]
    return Buffer.from(own.stateVector).equals(other.stateVector) ? other : null
  }
  return rewriting((message, from) => {
    if (message.type === 'open') {
      const known = names.get(from) ?? new Map<number, string>()
      names.set(from, known.set(message.number, message.name))
      const have = theirs(from, message.name)
      return have === null ? message : { ...message, have: { ...message.have, deletes: have.deletes } }
    }
    if (message.type !== 'document') return message
    const have = theirs(from, names.get(from)?.get(message.number) ?? '')
    if (have === null) return message
    const { message: inner } = message
    if (inner.type === 'have')
      return { ...message, message: { ...inner, have: { ...inner.have, deletes: have.deletes } } }
    if (inner.type === 'digest') return { ...message, message: { ...inner, digest: digestOf(have) } }
    return message
  })
}

const withoutDeletes = (): Tap =>
  aboutDocuments((message) => {
    if (message.type !== 'updates') return message
    return { ...message, updates: message.updates.filter((update) => contentOf(update).to.size > 0) }
  })

/** The number of one document on messages about another. */
function confusing(): Tap {
  let count = 0
  return rewriting((message) => {
    if (message.type !== 'document' || message.message.type !== 'updates' || ++count % 5 !== 0) return message
    return { ...message, number: message.number === 1 ? 2 : 1 }
  })
}

/** Says of everybody it ever heard of that it sends to them, too: what it says is left to it, and nobody gets it. */
function boasting(): Tap {
  const heardOf = new Set<bigint>()
  return aboutDocuments((message) => {
    if (message.type !== 'reach') return message
    for (const name of message.names) heardOf.add(name)
    return { ...message, names: [...heardOf] }
  })
}

/** Presence of others is not passed on. */
function withoutPresenceOfOthers(cast: Cast): Tap {
  return aboutDocuments((message, from) => {
    const machine = cast.machines.find((one) => one.host === from.host)
    if (message.type !== 'presence' || machine === undefined) return message
    const own = machine.app?.opened.map((open) => open.handle.presence.clientID) ?? []
    const decoded = decodePresence(message.states)
    if (!decoded.ok) return message
    return { ...message, states: encodePresence(decoded.value.entries.filter(({ client }) => own.includes(client))) }
  })
}

export const wireBugs: readonly PlantedBug[] = [
  {
    name: 'no-anti-entropy',
    what: 'never compares digests',
    plan: whole,
    plant: () => ({ tap: () => dropping('digest') }),
    caughtBy: ['status-at-rest', 'converged'],
    seeds: [4, 32],
  },
  {
    name: 'no-answers',
    what: 'never sends what a neighbour lacks',
    plan: whole,
    plant: () => ({ tap: () => dropping('missing') }),
    caughtBy: ['converged'],
    seeds: [2, 3],
  },
  {
    name: 'no-acknowledgements',
    what: 'never says that it has stored something',
    plan: whole,
    plant: () => ({ tap: () => dropping('stored') }),
    caughtBy: ['prompt'],
    seeds: [1, 2],
  },
  {
    name: 'no-relay',
    what: 'does not pass on edits of others, and leaves them to anti-entropy',
    plan: whole,
    plant: () => ({ tap: withoutRelay }),
    caughtBy: ['prompt', 'status-true', 'converged', 'acknowledged-truly'],
    seeds: [3, 1],
  },
  {
    name: 'skip-on-equal-vector',
    what: 'takes replicas with equal state vectors for equal',
    plan: whole,
    plant: () => ({ tap: blindToDeletes }),
    caughtBy: ['status-true', 'converged'],
    seeds: [96, 251, 271],
  },
  {
    name: 'drop-deletes',
    what: 'does not pass on updates that only delete, and takes equal vectors for equal',
    plan: whole,
    plant: () => ({
      tap: (cast) => {
        const [first, second] = [withoutDeletes(), blindToDeletes(cast)]
        return { sending: (frame, from) => first.sending(frame, from).flatMap((one) => second.sending(one, from)) }
      },
    }),
    caughtBy: ['converged', 'status-true', 'acknowledged-truly'],
    seeds: [12, 23],
  },
  {
    name: 'acknowledge-too-far',
    what: 'acknowledges one message more than it has',
    plan: whole,
    plant: () => ({
      tap: () =>
        aboutDocuments((message) =>
          message.type === 'stored' ? { ...message, sequence: message.sequence + 1 } : message,
        ),
    }),
    caughtBy: ['stored-truly', 'status-true'],
    seeds: [2, 1],
  },
  {
    name: 'confuse-documents',
    what: 'sends an update under the number of another document',
    plan: whole,
    plant: () => ({ tap: confusing }),
    caughtBy: ['documents-apart', 'durable-first', 'prompt'],
    seeds: [1, 2],
  },
  {
    name: 'boast-of-reach',
    what: 'says that it sends to everybody it ever heard of, so that others leave them to it',
    plan: whole,
    plant: () => ({ tap: boasting }),
    caughtBy: ['presence-true', 'prompt'],
    seeds: [4, 17],
  },
  {
    name: 'no-presence-relay',
    what: 'does not pass on the presence of others',
    plan: whole,
    plant: () => ({ tap: withoutPresenceOfOthers }),
    caughtBy: ['presence-true'],
    seeds: [1, 2],
  },
]
