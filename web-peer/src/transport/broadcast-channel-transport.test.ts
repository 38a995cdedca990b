import type { Link, LinkReceiver } from '@knotwork/core'
import { afterEach, describe, expect, it } from 'vitest'
import { pageRandom } from '../random.ts'
import { BroadcastChannelTransport } from './broadcast-channel-transport.ts'
import { parseTabMessage, type TabMessage } from './tab-message.ts'

/** A tab as its engine sees it; Node has the same BroadcastChannel as browsers. */
class Tab {
  readonly transport: BroadcastChannelTransport
  readonly links: Link[] = []
  readonly frames: number[][] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []

  constructor(channel: string) {
    this.transport = new BroadcastChannelTransport({ random: pageRandom, channel, greetEveryMs: 100 })
  }

  listen(): Promise<readonly string[]> {
    return this.transport.listen((link) => this.#accept(link))
  }

  get open(): number {
    return this.links.length - this.closes.length
  }

  #accept(link: Link): LinkReceiver {
    this.links.push(link)
    return {
      received: (frame) => this.frames.push([...frame]),
      closed: (code, reason) => this.closes.push({ code, reason }),
    }
  }
}

let channels = 0
let tabs: Tab[] = []
let channel = ''

async function start(count: number): Promise<Tab[]> {
  const fresh = Array.from({ length: count }, () => new Tab(channel))
  tabs.push(...fresh)
  await Promise.all(fresh.map((tab) => tab.listen()))
  return fresh
}

const aWhile = () => new Promise((resolve) => setTimeout(resolve, 60))

describe('links between tabs', () => {
  afterEach(async () => {
    await Promise.all(tabs.map((tab) => tab.transport[Symbol.asyncDispose]()))
    tabs = []
  })

  const fresh = () => {
    channel = `test ${++channels}`
  }

  it('[TR10] are one for each pair, however many tabs start at once', async () => {
    fresh()
    const all = await start(6)
    await expect.poll(() => all.map((tab) => tab.open)).toEqual([5, 5, 5, 5, 5, 5])
    const [late] = await start(1)
    await expect.poll(() => late?.open).toBe(6)
    await aWhile()
    expect(all.map((tab) => tab.links.length)).toEqual([6, 6, 6, 6, 6, 6])
    expect(all.flatMap((tab) => tab.closes)).toEqual([])
  })

  it('[TR10] go to the tab they are for', async () => {
    fresh()
    const [a, b, c] = (await start(3)) as [Tab, Tab, Tab]
    await expect.poll(() => [a.open, b.open, c.open]).toEqual([2, 2, 2])
    for (const [index, link] of a.links.entries()) link.send(new Uint8Array([index]))
    await expect.poll(() => [...b.frames, ...c.frames].flat().toSorted((x, y) => x - y)).toEqual([0, 1])
    expect([b.frames.length, c.frames.length, a.frames.length]).toEqual([1, 1, 0])
  })

  it('[TR10] end at once when a tab leaves', async () => {
    fresh()
    const [a, b] = (await start(2)) as [Tab, Tab]
    await expect.poll(() => [a.open, b.open]).toEqual([1, 1])
    await a.transport[Symbol.asyncDispose]()
    await expect.poll(() => b.closes).toEqual([{ code: 1001, reason: 'the other tab has left' }])
    expect(a.closes).toEqual([{ code: 1001, reason: 'this tab is leaving' }])
  })

  it('[TR10] come back after one end has closed, and nothing of the old link gets into the new', async () => {
    fresh()
    const [a, b] = (await start(2)) as [Tab, Tab]
    await expect.poll(() => [a.open, b.open]).toEqual([1, 1])
    a.links[0]?.close(4504, 'silent')
    b.links[0]?.send(new Uint8Array([9]))
    await expect.poll(() => b.closes).toEqual([{ code: 4504, reason: 'silent' }])
    await expect.poll(() => [a.open, b.open, a.links.length]).toEqual([1, 1, 2])
    await aWhile()
    expect(a.frames).toEqual([])
    b.links[1]?.send(new Uint8Array([8]))
    await expect.poll(() => a.frames).toEqual([[8]])
  })

  it('says what the other tab has not taken', async () => {
    fresh()
    const [a, b] = (await start(2)) as [Tab, Tab]
    await expect.poll(() => [a.open, b.open]).toEqual([1, 1])
    a.links[0]?.send(new Uint8Array(100_000))
    expect(a.links[0]?.queuedBytes).toBe(100_000)
    await expect.poll(() => a.links[0]?.queuedBytes).toBe(0)
    a.links[0]?.send(new Uint8Array(10))
    await expect.poll(() => a.links[0]?.queuedBytes).toBe(0)
  })

  it('cannot be dialled', async () => {
    fresh()
    const [tab] = (await start(1)) as [Tab]
    expect(tab.transport.schemes).toEqual([])
    const why = await new Promise((failed) =>
      tab.transport.dial('tab:1', () => ({ received() {}, closed() {} }), failed),
    )
    expect(why).toMatch(/find each other/u)
  })
})

describe('messages between tabs', () => {
  const messages: readonly TabMessage[] = [
    { type: 'here', from: 'a', to: null },
    { type: 'here', from: 'a', to: 'b' },
    { type: 'open', from: 'a', to: 'b', link: 1 },
    { type: 'frame', from: 'a', to: 'b', link: 1, bytes: new Uint8Array([1]) },
    { type: 'taken', from: 'a', to: 'b', link: 1, bytes: 1 },
    { type: 'close', from: 'a', to: 'b', link: 1, code: 1000, reason: '' },
    { type: 'bye', from: 'a' },
  ]

  it.each(messages)('are read as they were written: $type', (message) => {
    expect(parseTabMessage(message)).toEqual(message)
  })

  it('of others on the same channel are nothing', () => {
    const lacking = messages.flatMap((message) =>
      Object.keys(message).map((key) => Object.fromEntries(Object.entries(message).filter(([each]) => each !== key))),
    )
    for (const foreign of [null, undefined, 'here', 7, [], {}, { type: 'new', from: 'a' }, ...lacking]) {
      expect(parseTabMessage(foreign)).toBeNull()
    }
  })
})
