// Hocuspocus with its defaults. Arguments: port, and a directory to keep documents in or nothing.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Server } from '@hocuspocus/server'
import { applyUpdate, encodeStateAsUpdate } from 'yjs'

const [port = '0', directory] = process.argv.slice(2)

/** One file for each document, written whole, as the documentation shows it. */
const files = {
  async onLoadDocument({ document, documentName }) {
    const stored = await readFile(join(directory, documentName)).catch(() => null)
    if (stored !== null) applyUpdate(document, stored)
  },
  async onStoreDocument({ document, documentName }) {
    const path = join(directory, documentName)
    await writeFile(`${path}.new`, encodeStateAsUpdate(document))
    await rename(`${path}.new`, path)
  },
}

const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  extensions: directory === undefined ? [] : [files],
})
await server.listen()
