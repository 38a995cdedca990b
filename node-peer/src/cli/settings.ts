/** What can be set: by flag, else by a KNOTWORK_ variable, else by a file (`config-file.ts`), else by default. */
import type { Retention } from '@knotwork/core'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { defaultDataDirectory } from '../data-directory.ts'
import { tolerantlyDecoded } from '../server/raw-target.ts'

export const defaultPort = 4_000

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevelSetting = (typeof logLevels)[number]

const yes: readonly string[] = ['1', 'true', 'yes', 'on']
const no: readonly string[] = ['0', 'false', 'no', 'off']

export interface RoomSetting {
  readonly room: string
  readonly password?: string
}

/** As commander hands them over. */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly data?: string
  readonly durability: 'disk' | 'os'
  readonly history?: Retention
  readonly connect?: readonly string[]
  readonly token?: string
  readonly open?: boolean
  readonly origin?: readonly string[]
  readonly lan?: boolean
  readonly webhook?: readonly string[]
  readonly webhookSecret?: string
  readonly yWebrtc?: readonly RoomSetting[]
  readonly json?: boolean
  readonly logLevel: LogLevelSetting
  readonly page: boolean
  readonly direct: boolean
  readonly iceServer?: readonly string[]
}

/** Adds the options of `serve` to its command. */
export function withSettings(command: Command): Command {
  const place = defaultDataDirectory()
  return command
    .addOption(option('--config <file>', 'JSON file with settings, called as the flags are'))
    .addOption(
      option('--port <number>', 'port to listen on, 0 for any that is free').default(defaultPort).argParser(port),
    )
    .addOption(option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(option('--data <directory>', `where identity and documents are kept (default: ${place})`))
    .addOption(
      option('--durability <level>', 'when an edit counts as stored: on the disk, or handed to the system (faster)')
        .choices(['disk', 'os'])
        .default('disk'),
    )
    .addOption(
      option('--history <time>', 'how long what documents were is kept: days, all or none (default: 30)').argParser(
        retention,
      ),
    )
    .addOption(option('--connect <url>', 'peer to keep a link to; repeatable').argParser(collect))
    .addOption(option('--token <secret>', 'shared secret; better set as a variable, because others can see flags'))
    .addOption(flag('--open', 'listen beyond this machine without a token: everybody reads and writes everything'))
    .addOption(
      option('--origin <origin>', 'web pages from there may use this peer, * for all; repeatable').argParser(collect),
    )
    .addOption(
      option(
        '--y-webrtc <room[:password]>',
        'y-webrtc room to join, for the document of that name; repeatable',
      ).argParser(rooms),
    )
    .addOption(option('--webhook <url>', 'server to tell which documents have changed; repeatable').argParser(collect))
    .addOption(option('--webhook-secret <secret>', 'signs webhooks, whsec_...; better set as a variable'))
    .addOption(flag('--lan', 'find peers of the local network, and be found by them when --host lets them in'))
    .addOption(flag('--json', 'one JSON object a line on stdout'))
    .addOption(option('--log-level <level>', 'what is logged on stderr').choices(logLevels).default('info'))
    .addOption(flag('--no-page', 'serve no page'))
    .addOption(flag('--no-direct', 'take no direct (WebRTC) links'))
    .addOption(
      option('--ice-server <url>', 'STUN or TURN server for direct links, stun:host:port; repeatable').argParser(
        collect,
      ),
    )
}

/**
 * What flags without a value are set to by variables. Commander would take any value for a yes, and
 * `KNOTWORK_OPEN=false` must not open a peer.
 */
export function withFlagVariables(
  settings: Settings,
  variables: NodeJS.ProcessEnv,
  fail: (message: string) => never,
): Settings {
  const switchOf = (name: string): boolean | undefined => {
    const text = variables[name]?.toLowerCase() ?? ''
    if (text === '') return undefined
    if (yes.includes(text)) return true
    return no.includes(text) ? false : fail(`${name} is 1 or 0, not "${text}"`)
  }
  const open = settings.open ?? switchOf('KNOTWORK_OPEN')
  const lan = settings.lan ?? switchOf('KNOTWORK_LAN')
  const json = settings.json ?? switchOf('KNOTWORK_JSON')
  const noPage = switchOf('KNOTWORK_NO_PAGE')
  const noDirect = switchOf('KNOTWORK_NO_DIRECT')
  return {
    ...settings,
    ...(open === undefined ? {} : { open }),
    ...(lan === undefined ? {} : { lan }),
    ...(json === undefined ? {} : { json }),
    page: settings.page && noPage !== true,
    direct: settings.direct && noDirect !== true,
  }
}

function option(flags: string, description: string): Option {
  const made = new Option(flags, description)
  return made.env(variableFor(made.long ?? ''))
}

function flag(flags: string, description: string): Option {
  const made = new Option(flags)
  made.description = `${description} (env: ${variableFor(made.long ?? '')})`
  return made
}

export function variableFor(long: string): string {
  return `KNOTWORK_${long.replace(/^--/u, '').replaceAll('-', '_').toUpperCase()}`
}

/** How long a history is kept. */
export function retention(text: string): Retention {
  if (text === 'all' || text === 'none') return text
  const days = Number(text)
  if (!/^\d+$/u.test(text) || days < 1) throw new InvalidArgumentError('Say a number of days, all or none.')
  return { days }
}

function port(text: string): number {
  const number = Number(text)
  if (!/^\d+$/u.test(text) || number > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return number
}

/** Repeated flags add up; a variable lists several with commas or spaces. */
function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...text.split(/[\s,]+/u).filter((each) => each !== '')]
}

/** Several are parted by commas. A comma, or a colon in a room's name, is written as %2C, %3A. */
function rooms(text: string, previous: readonly RoomSetting[] = []): readonly RoomSetting[] {
  return [...previous, ...text.split(/[,\n]/u).map((each) => roomFrom(each.trim()))]
}

function roomFrom(text: string): RoomSetting {
  const colon = text.indexOf(':')
  const room = tolerantlyDecoded(colon === -1 ? text : text.slice(0, colon))
  if (room === '') throw new InvalidArgumentError('A room has a name: <room> or <room>:<password>.')
  const password = colon === -1 ? '' : tolerantlyDecoded(text.slice(colon + 1))
  return password === '' ? { room } : { room, password }
}
