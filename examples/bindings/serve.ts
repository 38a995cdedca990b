/** `npx tsx --conditions=@knotwork/source examples/bindings/serve.ts`: builds the pages and serves them from a peer in memory. */
import { openPeer } from '@knotwork/node-peer'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPages, pages } from './build.ts'

const page = await mkdtemp(join(tmpdir(), 'bindings-'))
await buildPages(page)
const peer = await openPeer({ storage: 'memory', listen: { port: Number(process.argv[2] ?? 0) }, page })
for (const name of pages()) console.log(`${peer.url}/${name}/index.html#Ada`)
