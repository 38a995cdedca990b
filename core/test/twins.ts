/** Two replicas of the same document, one held as bytes and one as a Y.Doc, that are told everything at once. */
import { haveOf } from '../src/replica/digest.ts'
import { bulkLimits } from '../src/replica/gate.ts'
import type { Merged } from '../src/replica/merged.ts'
import { Replica } from '../src/replica/replica.ts'
import { docOf } from './replicas.ts'
import type { SeededRandom } from './seeded-random.ts'

const options = { origin: 'knotwork', freshClientId: () => 1, faulted: () => undefined, changed: () => undefined }

/** A replica that holds nothing yet, as bytes. */
export function coldReplica(): Replica {
  return new Replica(options)
}

export class Twins {
  readonly cold = coldReplica()
  readonly live = new Replica(options, docOf(1))

  /** What both make of it; throws when they differ. */
  merge(update: Uint8Array): Merged['type'] {
    const [cold] = this.cold.merge([update], bulkLimits)
    const [live] = this.live.merge([update], bulkLimits)
    if (cold === undefined || cold.type !== live?.type) throw new Error(`${cold?.type} and ${live?.type}`)
    // A format that the Y.Doc tidied up is an edit of its own.
    for (const { isEdit, update: edit } of this.live.takeChanges()) if (isEdit) this.cold.merge([edit], bulkLimits)
    return cold.type
  }

  /** Throws when they do not say the same of what they hold. */
  agree(): void {
    const [cold, live] = [this.cold, this.live].map((replica) => JSON.stringify([replica.have(), replica.digest()]))
    if (cold !== live) throw new Error(`${cold} and ${live}`)
    if (JSON.stringify(this.cold.have()) !== JSON.stringify(haveOf(this.live.doc))) throw new Error('a stale state')
  }

  /** Tells both everything, in an order that is nearly that of writing; what waits is told again. */
  tell(updates: readonly Uint8Array[], random: SeededRandom): void {
    let left = updates.map((update, at) => ({ update, at: at + random.below(20) })).toSorted((a, b) => a.at - b.at)
    while (left.length > 0) {
      const before = left.length
      left = left.filter(({ update }) => {
        const type = this.merge(update)
        this.agree()
        return type === 'waiting'
      })
      if (left.length === before) throw new Error(`${before} updates wait for ever`)
    }
  }
}
