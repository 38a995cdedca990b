/** Starts Chromium as all tests and measurements do. */
import { chromium, type Browser } from 'playwright-core'

/** Where it is; empty for nowhere. */
export const chromiumPath = process.env['CHROMIUM'] ?? ''

/** A host for plain http pages without the browser's cryptography. */
export const plainHost = 'peer.test'

const flags = [
  // Chromium's sandbox refuses to start as root, as containers run it.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Nothing but the page under test may ask for anything.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A name that is this machine and, unlike 127.0.0.1, no secure context: what a page on a LAN is.
  `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`,
]

export function launchChromium(path = chromiumPath): Promise<Browser> {
  // People's browsers put a page aside when they go on and bring it back when they return; playwright turns that off.
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  return chromium.launch({ executablePath: path, headless: true, args: flags, ignoreDefaultArgs })
}
