import type { SharedDocument } from '@knotwork/core'
import { openPeer } from '@knotwork/node-peer'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'

describe('[ST9] [DS13] where the last edit is, across restarts', () => {
  it('[ST9] [DS13] an edit made offline is pending after a restart, too; what a keeper had is known', async () => {
    await using directory = await TemporaryDirectory.make()
    await using servers = await TemporaryDirectory.make()
    const data = directory.path

    const first = await openPeer({ data })
    const offline = first.open('notes')
    for (const text of ['one ', 'two ']) {
      offline.doc.getText('body').insert(0, text)
      await offline.stored()
    }
    await first.close()

    const server = await PeerProcess.start(servers.path)
    const second = await openPeer({ data })
    const again = second.open('notes')
    await says(again, { type: 'offline', pending: 2, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'disk' })
    second.connect(`${server.url.replace('http', 'ws')}/peer`)
    await again.synced({ stored: true })
    expect(again.status.value).toMatchObject({ pending: 0, storedOn: 1, keptOn: 1 })
    await second.close()
    await server[Symbol.asyncDispose]()

    await using third = await openPeer({ data })
    await says(third.open('notes'), {
      type: 'offline',
      pending: 0,
      receivedOn: 1,
      storedOn: 1,
      keptOn: 1,
      saved: 'disk',
    })
  })
})

async function says(document: SharedDocument, status: object): Promise<void> {
  await document.loaded
  const wanted = JSON.stringify(status)
  await eventually(wanted, () => JSON.stringify(document.status.value) === wanted)
}
