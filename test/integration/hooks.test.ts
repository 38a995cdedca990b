/** Hooks of an app that embeds a peer, with stock clients of every wire coming in. */
import {
  openPeer,
  type Hooks,
  type NodePeer,
  type OpenPeerOptions,
  type Permission,
  type Visit,
} from '@knotwork/node-peer'
import { afterEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { HocuspocusApp, hocuspocusMajors } from '../interop/hocuspocus-client.ts'
import { EventReader } from './event-source.ts'
import { eventually } from './eventually.ts'
import { closed, closeOf, YjsClient } from './yjs-client.ts'
import { bodyOf, updateOf } from './yjs-updates.ts'

const opened: { readonly close: () => unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

async function peerWith(hooks: Hooks, options: OpenPeerOptions = {}): Promise<NodePeer> {
  const peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, direct: false, hooks, ...options })
  opened.push(peer)
  return peer
}

const webSocketUrl = (peer: NodePeer): string => peer.url?.replace('http', 'ws') ?? ''

/** Tokens name what they allow: `a=read-write b=readonly`. */
const byToken = ({ token, documentName }: Visit): Permission => {
  const granted = new Map((token ?? '').split(' ').map((each) => each.split('=') as [string, Permission]))
  return granted.get(documentName ?? '*') ?? 'refused'
}

function hocuspocusOn(peer: NodePeer, index: number): HocuspocusApp {
  const app = new HocuspocusApp(hocuspocusMajors[index]!, `${webSocketUrl(peer)}/hocuspocus`)
  opened.push({ close: () => app[Symbol.dispose]() })
  return app
}

describe('[HK1] who may do what with which document', () => {
  it('[HK1] [YW6] over y-websocket: write, read, or nothing', async () => {
    const peer = await peerWith({ onAuthenticate: byToken })
    await peer.merge('b', updateOf('theirs'))
    const url = (name: string, token: string): string =>
      `${webSocketUrl(peer)}/yjs/${name}?token=${encodeURIComponent(token)}`
    using writer = new YjsClient(url('a', 'a=read-write'))
    writer.doc.getText('body').insert(0, 'mine')
    await eventually('it is written', async () => bodyOf(...[(await peer.read('a')) ?? updateOf('')]) === 'mine')
    using reader = new YjsClient(url('b', 'b=readonly'))
    await eventually('it is read', () => reader.text === 'theirs')
    reader.doc.getText('body').insert(0, 'not ')
    expect(await closeOf(url('b', 'a=read-write'))).toMatchObject({ code: 4403 })
    // Nor its versions, by whatever name.
    const versions = 'knotwork:versions:b'
    expect(await closeOf(url(versions, `${versions}=read-write a=read-write`))).toMatchObject({ code: 4403 })
    expect(await closeOf(`${webSocketUrl(peer)}/yjs/b`)).toMatchObject({ code: 4401 })
    using other = new YjsClient(url('b', 'b=read-write'))
    other.socket.once('open', () => other.doc.getText('body').insert(0, 'x'))
    await eventually('somebody else writes', () => reader.text.includes('x'))
    expect(bodyOf((await peer.read('b'))!)).not.toContain('not')
  })

  it.each([0, 1, 2])('[HK1] [HP2] [HP4] over Hocuspocus, each document of a socket by itself (%i)', async (index) => {
    const peer = await peerWith({ onAuthenticate: byToken })
    const token = 'a=read-write b=readonly'
    const app = hocuspocusOn(peer, index)
    const [mine, theirs] = [app.open('a', { token }), app.open('b', { token })]
    await eventually('both are in', () => mine.synced && theirs.synced)
    expect([mine.authorizedScope, theirs.authorizedScope]).toEqual(['read-write', 'readonly'])
    mine.document.getText('body').insert(0, 'mine')
    theirs.document.getText('body').insert(0, 'not mine')
    await eventually('what may be is stored', () => !mine.hasUnsyncedChanges)
    const refused: string[] = []
    const onAuthenticationFailed = ({ reason }: { reason: string }): void => void refused.push(reason)
    hocuspocusOn(peer, index).open('c', { token, onAuthenticationFailed })
    await eventually('it is refused', () => refused.length > 0)
    expect(theirs.hasUnsyncedChanges).toBe(true)
    expect([bodyOf((await peer.read('a'))!), await peer.read('b'), await peer.read('c')]).toEqual(['mine', null, null])
  })

  it('[HK1] over HTTP, also where the path names no document', async () => {
    const peer = await peerWith({ onAuthenticate: byToken })
    await peer.merge('b', updateOf('theirs'))
    const ask = async (path: string, token: string | null, init: RequestInit = {}): Promise<unknown> => {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
      const answer = await fetch(`${peer.url ?? ''}${path}`, { ...init, headers })
      const { code } = (await answer.json().catch(() => ({}))) as { code?: string }
      return code ?? answer.status
    }
    const patch = { method: 'PATCH', body: new Uint8Array(updateOf('x')) }
    const create = { method: 'POST', body: JSON.stringify({ name: 'new', content: { body: 'x' } }) }
    expect([
      await ask('/v1/docs/b', null),
      await ask('/v1/docs/b', 'a=read-write'),
      await ask('/v1/docs/b', 'b=readonly'),
      await ask('/v1/docs/b', 'b=readonly', patch),
      await ask('/v1/docs/b', 'b=readonly', { method: 'DELETE' }),
      await ask('/v1/docs?doc=b', 'a=read-write'),
      await ask('/v1/docs/b/events', 'a=read-write'),
      await ask('/v1/docs/b', 'b=read-write', patch),
      await ask('/v1/docs', 'b=read-write'),
      await ask('/v1/events', 'b=read-write'),
      await ask('/v1/docs', '*=readonly'),
      await ask('/v1/docs', '*=read-write new=readonly', create),
      await ask('/v1/docs', '*=readonly new=read-write', create),
      await ask('/v1/docs', 'new=read-write', create),
    ]).toEqual([
      'token-missing',
      'forbidden',
      200,
      'read-only',
      'read-only',
      'forbidden',
      'forbidden',
      200,
      'forbidden',
      'forbidden',
      200,
      'read-only',
      201,
      'forbidden',
    ])
  })

  it('[HK2] peers, who get everything, come in with the shared token alone', async () => {
    const withoutToken = await peerWith({ onAuthenticate: () => 'read-write' })
    expect(await closeOf(`${webSocketUrl(withoutToken)}/peer`)).toMatchObject({ code: 4401 })
    // Nor by the ways on which strangers find a peer.
    const ruled = await peerWith({ onAuthenticate: byToken }, { direct: 'accept' })
    expect(ruled.whyNotDirect).toContain('shared token')
    await expect(peerWith({ onAuthenticate: byToken }, { lan: true })).rejects.toMatchObject({ code: 'refused' })
    const withToken = await peerWith({ onAuthenticate: byToken }, { token: 'of the network' })
    await withToken.merge('a', updateOf('shared'))
    const friend = await peerWith({}, { connect: [withToken.url ?? ''], token: 'of the network' })
    await eventually('it has it', async () => bodyOf((await friend.read('a')) ?? updateOf('')) === 'shared')
    // And that token is none for the others, unless the app says so.
    expect(await closeOf(`${webSocketUrl(withToken)}/yjs/a?token=of+the+network`)).toMatchObject({ code: 4403 })
  })

  it('[HK1] a hook that throws, or answers with anything else, refuses', async () => {
    for (const onAuthenticate of [
      () => Promise.reject(new Error('database is down')),
      () => {
        throw new Error('bad code')
      },
      () => undefined as unknown as Permission,
      () => ({}) as Permission,
    ]) {
      const peer = await peerWith({ onAuthenticate })
      expect(await closeOf(`${webSocketUrl(peer)}/yjs/a?token=x`)).toMatchObject({ code: 4403 })
      expect((await fetch(`${peer.url ?? ''}/v1/docs/a?token=x`)).status).toBe(403)
    }
  })
})

describe('[HK3] permission that is taken away', () => {
  it('[HK3] ends every visit with 4403, others go on; who may do less comes back to that', async () => {
    const rules = new Map<string, Permission>()
    const events: string[] = []
    const note =
      (what: string) =>
      ({ token, wire }: Visit): void =>
        void events.push(`${what} ${token ?? ''} ${wire}`)
    const peer = await peerWith({
      onAuthenticate: ({ token }) => rules.get(token ?? '') ?? 'refused',
      onConnect: note('in'),
      onDisconnect: note('out'),
    })
    for (const name of ['ada', 'bob', 'cleo']) rules.set(name, 'read-write')
    using ada = new YjsClient(`${webSocketUrl(peer)}/yjs/a?token=ada`)
    using bob = new YjsClient(`${webSocketUrl(peer)}/yjs/a?token=bob`)
    using cleo = new YjsClient(`${webSocketUrl(peer)}/yjs/a?token=cleo`)
    const denied: string[] = []
    const app = hocuspocusOn(peer, 2)
    const onAuthenticationFailed = ({ reason }: { reason: string }): void => void denied.push(reason)
    const [first, second] = [app.open('a', { token: 'ada', onAuthenticationFailed }), app.open('a2', { token: 'bob' })]
    using reader = new EventReader(`${peer.url ?? ''}/v1/docs/a/events?token=ada`)
    await eventually('all are in', () => first.synced && second.synced && reader.of('synced').length === 1)
    await eventually('and it was told', () => events.filter((each) => each.startsWith('in')).length === 6)
    const ends = [closed(ada.socket), closed(cleo.socket)]
    rules.delete('ada')
    rules.set('cleo', 'readonly')
    await peer.reauthenticate()
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual([4403, 4503])
    await eventually('the others of hers are over', () => denied.length > 0 && reader.of('closed').length === 1)
    expect(JSON.parse(reader.of('closed')[0]!.data)).toMatchObject({ code: 4403 })
    await eventually('and it was told', () => events.filter((each) => each.startsWith('out ada')).length === 3)
    bob.doc.getText('body').insert(0, 'still here')
    second.document.getText('body').insert(0, 'here too')
    await eventually('the others go on', async () => {
      return bodyOf((await peer.read('a')) ?? updateOf('')) === 'still here' && !second.hasUnsyncedChanges
    })
    using again = new YjsClient(`${webSocketUrl(peer)}/yjs/a?token=cleo`)
    await eventually('she reads', () => again.text === 'still here')
  })
})

describe('[HK4] documents', () => {
  it('[HK4] [HK5] are completed when they are loaded, and told of when they have changed and come to rest', async () => {
    const initial = updateOf('from elsewhere')
    const loads: string[] = []
    const changes: string[] = []
    const stores: string[] = []
    const hooks: Hooks = {
      onLoadDocument: ({ documentName, isNew }) => {
        loads.push(`${documentName} ${String(isNew)}`)
        if (documentName === 'broken') throw new Error('no database')
        if (documentName === 'garbage') return Uint8Array.of(1, 2, 3)
        return isNew && documentName === 'a' ? initial : undefined
      },
      onChange: ({ documentName, updates }) => {
        changes.push(`${documentName} ${updates.length}`)
        throw new Error('nobody minds')
      },
      onStoreDocument: ({ documentName, update }) => void stores.push(`${documentName} ${bodyOf(update)}`),
    }
    const peer = await peerWith(hooks)
    using client = new YjsClient(`${webSocketUrl(peer)}/yjs/a`)
    await eventually('what was elsewhere is here', () => client.text === 'from elsewhere')
    expect([loads, changes]).toEqual([['a true'], ['a 1']])
    client.doc.getText('body').insert(0, 'edited, ')
    await eventually('the change is told', () => changes.length > 1)
    for (const name of ['broken', 'garbage']) {
      expect(await peer.merge(name, updateOf(name))).toEqual({ type: 'stored' })
      expect(bodyOf((await peer.read(name))!)).toBe(name)
    }
    await eventually('it is told at rest', () => stores.includes('a edited, from elsewhere'))
    client.doc.getText('body').insert(0, 'at last ')
    await eventually('the last edit is stored', async () => bodyOf((await peer.read('a'))!).startsWith('at last'))
    await peer.close()
    expect(stores).toContain('a at last edited, from elsewhere')
  })

  it('[HK6] stateless messages reach the app, and its words all Hocuspocus clients of the document', async () => {
    const peer = await peerWith({
      onStateless: ({ payload, documentName, broadcastStateless }) => broadcastStateless(`${documentName}: ${payload}`),
    })
    const heard: string[] = []
    const apps = [0, 1, 2].map((index) =>
      hocuspocusOn(peer, index).open('a', { onStateless: ({ payload }: { payload: string }) => heard.push(payload) }),
    )
    await eventually('all are in', () => apps.every((app) => app.synced))
    apps[0]?.sendStateless('hello')
    await eventually('all have heard', () => heard.length === 3)
    expect(heard).toEqual(['a: hello', 'a: hello', 'a: hello'])
    expect(Y.encodeStateAsUpdate(apps[0]!.document).byteLength).toBe(2)
  })
})
