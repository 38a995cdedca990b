/** Counts, and cuts, the WebRTC connections of pages. */
import type { BrowserContext, Page } from 'playwright-core'

declare global {
  interface Window {
    madeConnections: RTCPeerConnection[]
  }
}

/** From now on pages of this browser remember every connection they make. */
export async function watchConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const made: RTCPeerConnection[] = []
    window.madeConnections = made
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        made.push(this)
      }
    }
  })
}

/** A browser without WebRTC, or whose owner has turned it off. */
export async function withoutWebRtc(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'))
}

export interface ConnectionCount {
  readonly made: number
  readonly living: number
}

export function connectionsOf(page: Page): Promise<ConnectionCount> {
  return page.evaluate(() => ({
    made: window.madeConnections.length,
    living: window.madeConnections.filter(({ connectionState }) => connectionState !== 'closed').length,
  }))
}

/** Ends all connections of a page behind its back: nothing tells its own end. */
export function cutConnections(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const connection of window.madeConnections) connection.close()
  })
}
