import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { DocumentStatus, Peer, SharedDocument, Watched } from '@knotwork/web-peer'
import { peopleIn, userField, type Person } from './people.ts'
import type { Profile } from './profile.ts'

/** A shared document with what the page shows of it as signals. */
export class OpenDocument {
  readonly document: SharedDocument
  readonly status: ReadonlySignal<DocumentStatus>
  readonly people: ReadonlySignal<readonly Person[]>
  readonly isLoaded: ReadonlySignal<boolean>
  /** Why it could not be read from this device. */
  readonly trouble: ReadonlySignal<string | null>
  readonly #stops: (() => void)[] = []

  constructor(peer: Peer, name: string, profile: ReadonlySignal<Profile>) {
    this.document = peer.open(name)
    const { presence, status, loaded } = this.document
    this.status = this.#watch(status)
    const people = signal<readonly Person[]>([])
    const look = () => {
      people.value = peopleIn(presence.getStates(), presence.clientID, peer.id)
    }
    presence.on('change', look)
    this.#stops.push(() => presence.off('change', look))
    this.people = people
    this.#stops.push(effect(() => presence.setLocalStateField('user', userField(profile.value, peer.id))))
    const [isLoaded, trouble] = [signal(false), signal<string | null>(null)]
    loaded.then(
      () => {
        isLoaded.value = true
      },
      (thrown: unknown) => {
        trouble.value = thrown instanceof Error ? thrown.message : String(thrown)
      },
    )
    this.isLoaded = isLoaded
    this.trouble = trouble
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.document.presence.setLocalState(null)
    this.document.close()
  }

  #watch<Value>(watched: Watched<Value>): Signal<Value> {
    const watching = signal(watched.value)
    this.#stops.push(
      watched.subscribe((value) => {
        watching.value = value
      }),
    )
    return watching
  }
}
