/** What tests may ask of the harness page: `window.harness`, see `harness-page.ts`. */
import { pageSends } from '../page-sends.ts'
import { storageCases } from '@knotwork/core/contracts'
import { transportCases } from '../../contracts/transport.ts'
import { openPeerFeats } from './open-peer-feats.ts'
import { storageFeats } from './storage-feats.ts'
import { indexedDbPlace } from './indexeddb-place.ts'
import { pageDirectEnds } from './direct-ends.ts'
import { linksWithLateDescriptions } from './late-descriptions.ts'
import { closeAfterText, pageSocketEnds } from './socket-ends.ts'
import { tabEnds } from './tab-ends.ts'
import { identityFeats } from './identity-feats.ts'
import { peerFeats } from './peer-feats.ts'
import { providerFeats } from './provider-feats.ts'
import { reactFeats } from './react-feats.ts'
import { yIndexedDbFeats } from './y-indexeddb-feats.ts'

export type Suite = 'storage' | 'tabs' | 'socket' | 'direct'

async function runCase(suite: Suite, title: string): Promise<void> {
  if (suite === 'storage') return find(storageCases, title).run(indexedDbPlace)
  const ends = { tabs: tabEnds, socket: pageSocketEnds, direct: pageDirectEnds } as const
  return find(transportCases, title).run(ends[suite])
}

function find<Case extends { readonly title: string }>(cases: readonly Case[], title: string): Case {
  const found = cases.find((each) => each.title === title)
  if (found === undefined) throw new Error(`no case is called ${title}`)
  return found
}

export const harness = {
  runCase,
  closeAfterText,
  linksWithLateDescriptions,
  ...storageFeats,
  ...identityFeats,
  ...yIndexedDbFeats,
  ...openPeerFeats,
  ...peerFeats,
  ...providerFeats,
  ...reactFeats,
  pageSends,
}

declare global {
  interface Window {
    harness: typeof harness
  }
}

window.harness = harness
