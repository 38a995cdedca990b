/** Who is compared: this project's node peer, the rivals, and a broadcaster without any sync as the physical limit. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from './server-process.ts'
import { hocuspocusWire, knotworkWire, rawWire, yWebsocketWire, type Wire } from './wires.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rivals = fileURLToPath(new URL('rivals', import.meta.url))
const compiledPeer = join(root, 'node-peer/dist/cli/main.js')

export type ContestantName = 'knotwork' | 'raw ws' | 'y-websocket' | 'y-websocket + y-leveldb' | 'Hocuspocus 3'

export interface Contestant {
  readonly name: ContestantName
  readonly wire: Wire
  /** Whether it keeps documents in a directory. */
  readonly stores: boolean
  /** `nodeFlags`: for the process it runs in. */
  start(directory: string, nodeFlags?: readonly string[]): Promise<ServerProcess>
}

/** Arguments: port, and a directory where it stores. */
async function serverOf(script: string, nodeFlags: readonly string[], directory?: string): Promise<ServerProcess> {
  const port = await freePort()
  const stored = directory === undefined ? [] : [directory]
  return ServerProcess.start(port, [...nodeFlags, script, String(port), ...stored])
}

/** What people run: compiled, with its defaults, on a disk. */
async function nodePeer(directory: string, nodeFlags: readonly string[] = []): Promise<ServerProcess> {
  const port = await freePort()
  const args = ['serve', '--json', '--no-page', '--log-level', 'error', '--port', String(port), '--data', directory]
  return ServerProcess.start(port, [...nodeFlags, compiledPeer, ...args])
}

const knotwork: Contestant = { name: 'knotwork', wire: knotworkWire, stores: true, start: nodePeer }

const rawWs: Contestant = {
  name: 'raw ws',
  wire: rawWire,
  stores: false,
  start: (_directory, nodeFlags = []) => serverOf(fileURLToPath(new URL('raw-ws.mjs', import.meta.url)), nodeFlags),
}

const yWebsocket: Contestant = {
  name: 'y-websocket',
  wire: yWebsocketWire,
  stores: false,
  start: (_directory, nodeFlags = []) => serverOf(join(rivals, 'y-websocket.mjs'), nodeFlags),
}

const yWebsocketStoring: Contestant = {
  name: 'y-websocket + y-leveldb',
  wire: yWebsocketWire,
  stores: true,
  start: (directory, nodeFlags = []) => serverOf(join(rivals, 'y-websocket.mjs'), nodeFlags, directory),
}

const hocuspocus: Contestant = {
  name: 'Hocuspocus 3',
  wire: hocuspocusWire,
  stores: true,
  start: (directory, nodeFlags = []) => serverOf(join(rivals, 'hocuspocus.mjs'), nodeFlags, directory),
}

export const allContestants: readonly Contestant[] = [knotwork, rawWs, yWebsocket, yWebsocketStoring, hocuspocus]
/** Those that need nothing but what the project itself has installed. */
export const ownContestants: readonly Contestant[] = [knotwork, rawWs]

/** Speaks no Yjs: has a workload of its own, with its own peers as clients. */
export const startAutomergeRepo = (): Promise<ServerProcess> => serverOf(join(rivals, 'automerge-repo.mjs'), [])
export const automergeLoad: string = join(rivals, 'automerge-load.mjs')

/** Compiles the peer as it is shipped. */
export function compilePeer(): void {
  run('npx', ['--no-install', 'tsc', '-b', 'core', 'node-peer'], root)
}

/** The rivals have a lockfile of their own, so that nobody who only uses the project downloads them. */
export function installRivals(): void {
  if (!existsSync(join(rivals, 'node_modules/.package-lock.json'))) run('npm', ['ci'], rivals)
}

function run(command: string, args: readonly string[], directory: string): void {
  const { status } = spawnSync(command, args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
