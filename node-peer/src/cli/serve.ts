/** `knotwork serve`: opens a peer, says where it is, and closes it in good order. */
import { KnotworkError, messageOf, type Log, type PeerId } from '@knotwork/core'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import type { Bridge } from '../bridge/bridge.ts'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { removeRunningNote, writeRunningNote } from '../running-note.ts'
import { damageEvents } from '../storage/storage-notice.ts'
import { announceToPeople, announceToPrograms, type Announcement } from './announcement.ts'
import { freePort } from './free-port.ts'
import { logTo, stderrLogger } from './logger.ts'
import { defaultPort, type Settings } from './settings.ts'
import { endWithShell } from './shell-death.ts'

/** From the first signal to the exit, whatever still hangs. */
const closeMsMax = 10_000

interface Outlets {
  readonly logger: Logger
  readonly announcement: Announcement
}

/** `isPortChosen`: somebody asked for this very port, so no other will do. */
export async function serve(settings: Settings, isPortChosen: boolean): Promise<void> {
  const logger = stderrLogger(settings.logLevel)
  const announcement = announcementFor(settings)
  const port = isPortChosen ? settings.port : await freePort(settings.host, defaultPort)
  if (port !== settings.port) logger.warn(`port ${settings.port} is taken, so this peer listens on ${port}`)
  const { log, begin } = tellingDamage(logTo(logger), announcement)
  const peer = await openPeer({ ...optionsFor(settings), listen: { host: settings.host, port }, log })
  closeOnSignals(peer, { logger, announcement })
  endWithShell()
  await noteRunning(peer, logger)
  announcement.listening(peer)
  begin()
  announcement.neighbours(peer.neighbours.value)
  peer.neighbours.subscribe((neighbours) => announcement.neighbours(neighbours))
  logLinks(peer, logger)
  for (const room of settings.yWebrtc ?? []) joinRoom(peer.bridge(room), { logger, announcement })
}

/** So that commands on this machine find it. */
async function noteRunning({ data, url }: NodePeer, logger: Logger): Promise<void> {
  if (data === null || url === null) return
  const note = { pid: process.pid, url }
  await writeRunningNote(data, note).catch((thrown: unknown) => logger.warn({ why: messageOf(thrown) }, 'not noted'))
}

/** What the storage says of damage goes to stdout as well: once `begin` is called, for the first line says where it listens. */
function tellingDamage(log: Log, announcement: Announcement): { readonly log: Log; readonly begin: () => void } {
  const told: readonly string[] = damageEvents
  let waiting: Parameters<Announcement['damage']>[0][] | null = []
  return {
    log(level, event, details = {}) {
      log(level, event, details)
      const damage = { what: event, why: details['why'], document: details['document'] }
      if (!told.includes(event)) return
      if (waiting === null) announcement.damage(damage)
      else waiting.push(damage)
    },
    begin() {
      for (const damage of waiting ?? []) announcement.damage(damage)
      waiting = null
    },
  }
}

function joinRoom({ room, status }: Bridge, { logger, announcement }: Outlets): void {
  status.subscribe((now) => {
    announcement.bridge({ room, status })
    if (now.type === 'failed') logger.warn({ room, why: now.why }, 'y-webrtc room not joined')
    else logger.info({ room, ...now }, 'y-webrtc room')
  })
}

function optionsFor(settings: Settings): Parameters<typeof openPeer>[0] {
  const { data, connect, token, open, origin, page, lan, direct, iceServer, webhook, webhookSecret } = settings
  return {
    ...(direct ? {} : { direct }),
    ...(data === undefined ? {} : { data }),
    durability: settings.durability,
    ...(settings.history === undefined ? {} : { history: settings.history }),
    ...(connect === undefined ? {} : { connect }),
    ...(token === undefined ? {} : { token }),
    ...(open === undefined ? {} : { open }),
    ...(origin === undefined ? {} : { origins: origin }),
    ...(lan === undefined ? {} : { lan }),
    ...(page ? {} : { page: false }),
    webhooks: (webhook ?? []).map((url) => ({ url, secret: webhookSecret ?? '' })),
    ...(iceServer === undefined ? {} : { iceServers: iceServer }),
  }
}

function announcementFor({ json }: Settings): Announcement {
  // A peer goes on when whoever reads its output does not.
  process.stdout.on('error', () => undefined)
  const write = (text: string): void => void process.stdout.write(text)
  return json === true ? announceToPrograms(write) : announceToPeople(write, process.stdout.isTTY)
}

/** The first signal closes, a second one ends the process at once. */
function closeOnSignals(peer: NodePeer, { logger, announcement }: Outlets): void {
  const graceLogger = { error: (problem: unknown) => logger.error(problem) }
  closeWithGrace({ delay: closeMsMax, logger: graceLogger }, async ({ err, signal }) => {
    if (err !== undefined) logger.error({ err }, 'failed')
    else logger.info(`${signal ?? 'asked to stop'}: closing`)
    // Before the next process may write its own.
    if (peer.data !== null) await removeRunningNote(peer.data)
    await peer.close()
    announcement.closed()
  })
}

function logLinks(peer: NodePeer, logger: Logger): void {
  let linked = new Set<PeerId>()
  peer.neighbours.subscribe((neighbours) => {
    const now = new Set(neighbours.flatMap(({ id, state }) => (id !== null && state === 'linked' ? [id] : [])))
    for (const id of now) if (!linked.has(id)) logger.info({ peer: id }, 'linked')
    for (const id of linked) if (!now.has(id)) logger.info({ peer: id }, 'link lost')
    linked = now
  })
}

/** 2 for what would be unsafe, 1 for all else that went wrong. */
export function exitCodeFor(thrown: unknown): 1 | 2 {
  return thrown instanceof KnotworkError && thrown.code === 'refused' ? 2 : 1
}
