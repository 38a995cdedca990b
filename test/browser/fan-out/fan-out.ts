/** How many messages an edit costs pages that are in one document, with us and with stock y-webrtc, in one run. */
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import type { Browser } from 'playwright-core'
import { SentFrames } from '../../scale/sent-frames.ts'
import { Crowd, knotwork, yWebrtc, type App, type CrowdSends } from './crowd.ts'

export interface FanOut {
  readonly app: string
  readonly pages: number
  /** Links to other pages that a page has. */
  readonly links: { readonly fewest: number; readonly most: number }
  /** Keystrokes with pauses between them, by one page after another. */
  readonly slow: PerEdit
  /** Fifty keystrokes a second, by one page: a key that is held down. */
  readonly fast: PerEdit
  /** Of all together, in a minute in which nobody does anything. */
  readonly idle: { readonly messages: number; readonly bytes: number }
}

/** Of all pages together, and of the node peer where there is one, for each edit. */
export interface PerEdit {
  /** Without what only keeps links and presence alive. */
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

/** Who comes when the others have all they take may stay with fewer than it wants. */
const linksEnough = 4

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
  await crowd.linked(Math.min(pages - 1, linksEnough))
  const both = await measure(crowd, `${app.name}, and a node peer`, { ...options, typed: 0, node: new SentFrames() })
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

interface MeasureOptions extends FanOutOptions {
  /** Letters that are there already. */
  readonly typed: number
  /** What a node peer of this process sends that takes part, too. */
  readonly node?: SentFrames
}

async function measure(crowd: Crowd, name: string, options: MeasureOptions): Promise<FanOut> {
  const { pages, edits, idleMs, typed } = options
  const sends = async (): Promise<CrowdSends> => together(await crowd.sends(), options.node)
  for (let page = 0; page < pages; page++) await crowd.type(page, 1, 0)
  await crowd.levelled(typed + pages)
  // Until nothing is said any more about what has just been typed, or about who is linked to whom.
  await pause(4_000)
  const links = await crowd.links()
  const idle = await difference(sends, () => pause(idleMs))
  const perMinute = 60_000 / idleMs
  const work = async (type: () => Promise<void>, length: number): Promise<PerEdit> => {
    const { messages, copies, bytes } = await difference(sends, async () => {
      await type()
      await crowd.levelled(length)
      // Acknowledgements on their way belong to it.
      await pause(300)
    })
    return { messages: round(messages / edits), copies: round(copies / edits), bytes: round(bytes / edits) }
  }
  const slow = await work(() => typeInTurn(crowd, edits), typed + pages + edits)
  const fast = await work(() => crowd.type(0, edits, 20), typed + pages + 2 * edits)
  return {
    app: name,
    pages,
    links: { fewest: Math.min(...links), most: Math.max(...links) },
    slow,
    fast,
    idle: {
      messages: round((idle.messages + idle.upkeep) * perMinute),
      bytes: round((idle.bytes + idle.upkeepBytes) * perMinute),
    },
  }
}

async function typeInTurn(crowd: Crowd, edits: number): Promise<void> {
  for (let edit = 0; edit < edits; edit++) await crowd.type(edit * 3, 1, 250)
}

type Sends = () => Promise<CrowdSends>

async function difference(sends: Sends, work: () => Promise<void>): Promise<CrowdSends> {
  const before = await sends()
  await work()
  const after = await sends()
  return {
    messages: after.messages - before.messages,
    bytes: after.bytes - before.bytes,
    copies: after.copies - before.copies,
    upkeep: after.upkeep - before.upkeep,
    upkeepBytes: after.upkeepBytes - before.upkeepBytes,
  }
}

/** The node peer sends on WebSockets only; of what it sends, updates are copies. */
function together(pages: CrowdSends, node: SentFrames | undefined): CrowdSends {
  if (node === undefined) return pages
  const { pings, ...others } = node.counts
  const all = Object.values(others)
  return {
    messages: all.reduce((sum, { messages }) => sum + messages, pages.messages),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, pages.bytes),
    copies: pages.copies + others.updates.messages,
    upkeep: pages.upkeep + pings.messages,
    upkeepBytes: pages.upkeepBytes + pings.bytes,
  }
}

const round = (value: number): number => Math.round(value * 10) / 10
