/** How many messages an edit costs pages that are in one document, with us and with stock y-webrtc, in one run. */
import { limits } from '@knotwork/core'
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import type { Browser } from 'playwright-core'
import { Crowd, knotwork, yWebrtc, type App, type CrowdSends } from './crowd.ts'

export interface FanOut {
  readonly app: string
  readonly pages: number
  /** Links to other pages that a page has. */
  readonly links: { readonly fewest: number; readonly most: number }
  /** Keystrokes with pauses between them, by one page after another. */
  readonly slow: PerEdit
  /** Twenty keystrokes a second, by one page. */
  readonly fast: PerEdit
  /** Of all pages together, in a minute in which nobody does anything. */
  readonly idle: { readonly messages: number; readonly bytes: number }
}

/** Of all pages together, for each edit; what idling costs is taken off. */
export interface PerEdit {
  readonly messages: number
  /** Those of them that carry the edit. */
  readonly copies: number
  readonly bytes: number
}

export interface FanOutOptions {
  readonly browser: Browser
  readonly origins: { readonly knotwork: string; readonly yWebrtc: string }
  readonly pages: number
  readonly edits: number
  readonly idleMs: number
}

const pause = (forMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, forMs))

/** Knotwork with the node peer that introduced the pages, without it, and y-webrtc, which needs it for signalling only. */
export async function fanOut(options: FanOutOptions): Promise<readonly FanOut[]> {
  const { browser, origins, pages } = options
  await using node = await openPeer({
    storage: 'memory',
    listen: { port: 0 },
    page: false,
    origins: Object.values(origins),
  })
  const results: FanOut[] = []
  {
    const app: App = { ...yWebrtc, origin: origins.yWebrtc }
    await using crowd = await Crowd.gather(app, { browser, node, size: pages })
    await crowd.linked(pages - 1)
    results.push(await measure(crowd, app.name, { ...options, typed: 0 }))
  }
  const app: App = { ...knotwork, origin: origins.knotwork }
  await using crowd = await Crowd.gather(app, { browser, node, size: pages })
  await crowd.linked(Math.min(pages - 1, limits.directLinksWanted))
  const both = await measure(crowd, `${app.name}, and a node peer`, { ...options, typed: 0 })
  await forsake(node)
  results.push(await measure(crowd, app.name, { ...options, typed: typedBy(options) }), both)
  return results
}

/** The pages notice that it is gone before anything is counted. */
async function forsake(node: NodePeer): Promise<void> {
  await node.close()
  await pause(1_000)
}

/** Letters that one measurement leaves in the text: each page's first, and the edits, twice. */
const typedBy = ({ pages, edits }: FanOutOptions): number => pages + 2 * edits

async function measure(
  crowd: Crowd,
  name: string,
  options: FanOutOptions & { readonly typed: number },
): Promise<FanOut> {
  const { pages, edits, idleMs, typed } = options
  for (let page = 0; page < pages; page++) await crowd.type(page, 1, 0)
  await crowd.levelled(typed + pages)
  // Until nothing is said any more about what has just been typed, or about who is linked to whom.
  await pause(4_000)
  const links = await crowd.links()
  const idle = await perMs(crowd, () => pause(idleMs))
  const work = async (type: () => Promise<void>, length: number): Promise<PerEdit> => {
    const start = performance.now()
    const spent = await difference(crowd, async () => {
      await type()
      await crowd.levelled(length)
      // Acknowledgements on their way belong to it.
      await pause(300)
    })
    const elapsedMs = performance.now() - start
    return {
      messages: round((spent.messages - idle.messages * elapsedMs) / edits),
      copies: round(spent.edits / edits),
      bytes: round((spent.bytes - idle.bytes * elapsedMs) / edits),
    }
  }
  const slow = await work(() => typeInTurn(crowd, edits), typed + pages + edits)
  const fast = await work(() => crowd.type(0, edits, 50), typed + pages + 2 * edits)
  return {
    app: name,
    pages,
    links: { fewest: Math.min(...links), most: Math.max(...links) },
    slow,
    fast,
    idle: { messages: round(idle.messages * 60_000), bytes: round(idle.bytes * 60_000) },
  }
}

async function typeInTurn(crowd: Crowd, edits: number): Promise<void> {
  for (let edit = 0; edit < edits; edit++) await crowd.type(edit * 3, 1, 250)
}

async function perMs(crowd: Crowd, work: () => Promise<void>): Promise<CrowdSends> {
  const start = performance.now()
  const { messages, bytes, edits } = await difference(crowd, work)
  const elapsedMs = performance.now() - start
  return { messages: messages / elapsedMs, bytes: bytes / elapsedMs, edits: edits / elapsedMs }
}

async function difference(crowd: Crowd, work: () => Promise<void>): Promise<CrowdSends> {
  const before = await crowd.sends()
  await work()
  const after = await crowd.sends()
  return {
    messages: after.messages - before.messages,
    bytes: after.bytes - before.bytes,
    edits: after.edits - before.edits,
  }
}

const round = (value: number): number => Math.round(value * 10) / 10
