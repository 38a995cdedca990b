import type { Doc } from '../replica/replica.ts'

/**
 * An awareness object that comes and goes with a provider. y-protocols' listens to its Y.Doc for as long as that lives,
 * so it is made with a stand-in; the provider ends it when the Y.Doc is destroyed.
 */
export function ownAwareness<Awareness extends { doc: Doc }>(doc: Doc, make: (doc: Doc) => Awareness): Awareness {
  const standIn = { clientID: doc.clientID, on: () => undefined }
  // Its constructor uses nothing else.
  const awareness = make(standIn as unknown as Doc)
  awareness.doc = doc
  return awareness
}
