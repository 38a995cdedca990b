/**
 * The way to a peer's documents for commands: through its REST API, whether it runs already or is opened just for the command.
 * So both do the very same.
 */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KnotworkError, messageOf } from '@knotwork/core'
import { defaultDataDirectory } from '../data-directory.ts'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { readRunningNote } from '../running-note.ts'

export interface DeskOptions {
  /** A peer that runs. */
  readonly url?: string
  /** The directory of one on this machine, running or not. */
  readonly data?: string
  readonly token?: string
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Where, if not at the documents. */
  readonly path?: string
  /** Of the document; without it, all of them. */
  readonly name?: string
  /** What of it: `versions`. */
  readonly part?: string
  readonly query?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** In place of `json`: bytes as they are. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array }
  readonly accept?: string
}

export class Desk implements AsyncDisposable {
  readonly #url: string
  readonly #token: string | undefined
  /** Opened for the command. */
  readonly #peer: NodePeer | null

  private constructor(url: string, token: string | undefined, peer: NodePeer | null) {
    this.#url = url
    this.#token = token
    this.#peer = peer
  }

  /** @throws KnotworkError when there is no such peer; `in-use` when it runs, and does not say where. */
  static async open({ url, data, token }: DeskOptions): Promise<Desk> {
    if (url !== undefined) return new Desk(url, token, null)
    const directory = data ?? defaultDataDirectory()
    await stat(directory).catch(() => {
      throw new KnotworkError('storage', `there is no data in ${directory}`)
    })
    const own = randomBytes(16).toString('hex')
    try {
      const peer = await openPeer({ data: directory, listen: { port: 0 }, token: own, page: false, direct: false })
      return new Desk(peer.url ?? '', own, peer)
    } catch (thrown) {
      if (!(thrown instanceof KnotworkError) || thrown.code !== 'in-use') throw thrown
      return new Desk(await urlOfRunning(directory, thrown), token, null)
    }
  }

  /** @throws KnotworkError `closed` when no peer runs on those data, or did and did not say where. */
  static async running({ url, data, token }: DeskOptions): Promise<Desk> {
    if (url !== undefined) return new Desk(url, token, null)
    const directory = resolve(data ?? defaultDataDirectory())
    const note = await readRunningNote(directory)
    // What is left of a peer that was killed may name a port that is somebody else's now.
    if (note !== null && isAlive(note.pid)) return new Desk(note.url, token, null)
    throw new KnotworkError('closed', `no peer runs on ${directory}; say where one listens with --url`)
  }

  /** Where that peer listens. */
  get url(): string {
    return this.#url
  }

  /** The answer to a request that succeeded. */
  async ask({
    method = 'GET',
    path = '/v1/docs',
    name,
    part,
    query = {},
    json,
    body,
    accept,
  }: Asking): Promise<Response> {
    const target = new URL(path, this.#url)
    // In the query, because URL parsers swallow some names.
    if (name !== undefined) target.searchParams.set('doc', name)
    if (part !== undefined) target.searchParams.set('part', part)
    for (const [key, value] of Object.entries(query)) target.searchParams.set(key, value)
    const headers = {
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(accept === undefined ? {} : { accept }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    }
    const sent = body === undefined ? JSON.stringify(json) : new Uint8Array(body.bytes)
    const answer = await fetch(target, { method, headers, body: sent ?? null }).catch((thrown: unknown) => {
      throw new KnotworkError('closed', `no peer answers at ${this.#url}: ${messageOf(thrown)}`)
    })
    if (!answer.ok) throw new KnotworkError('refused-request', await whyNot(answer))
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.close()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    // Of another user.
    return (thrown as { readonly code?: unknown }).code === 'EPERM'
  }
}

async function urlOfRunning(data: string, cause: KnotworkError): Promise<string> {
  const note = await readRunningNote(data)
  if (note !== null) return note.url
  const how = 'say where that peer listens with --url, or stop it first'
  throw new KnotworkError('in-use', `${cause.message}: ${how}`, { cause })
}

async function whyNot(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown }
    if (typeof detail === 'string') return detail
  } catch {
    // No problem of ours: something else answers there.
  }
  return `${answer.status} ${answer.statusText}`
}
