/** `npm run fan-out -- 2 4 8 16`: what an edit costs so many pages, with us and with stock y-webrtc; one table. */
import { findChromium } from '../../../tools/find-chromium.mjs'
import { startHarness } from '../harness-server.ts'
import { launchChromium } from '../launch.ts'
import { YWebrtcApp } from '../y-webrtc-app.ts'
import { fanOut } from './fan-out.ts'

const sizes = process.argv.slice(2).map(Number)
await using harness = await startHarness()
await using app = await YWebrtcApp.serve()
const browser = await launchChromium(findChromium() ?? '')
console.log(
  [
    '| pages | with | links of a page | messages per edit | of those, copies of it | bytes per edit | messages per edit, typed fast | bytes | idle messages a minute |',
    '|---|---|---|---|---|---|---|---|---|',
  ].join('\n'),
)
try {
  for (const pages of sizes.length === 0 ? [2, 4, 8, 16] : sizes) {
    const origins = { knotwork: harness.origin, yWebrtc: app.origin }
    for (const { app: name, links, slow, fast, idle } of await fanOut({
      browser,
      origins,
      pages,
      edits: 20,
      idleMs: 10_000,
    })) {
      const cells = [
        pages,
        name,
        `${links.fewest}-${links.most}`,
        slow.messages,
        slow.copies,
        slow.bytes,
        fast.messages,
        fast.bytes,
        idle.messages,
      ]
      console.log(`| ${cells.join(' | ')} |`)
    }
  }
} finally {
  await browser.close()
}
