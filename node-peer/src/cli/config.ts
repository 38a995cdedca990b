/** `knotwork config`: what `serve` would go by, and where each setting comes from. */
import { limits } from '@knotwork/core'
import type { Command, Option } from 'commander'
import { defaultDataDirectory } from '../data-directory.ts'
import { applyConfigFile, isSetByVariable, keyOf, settingsIn } from './config-file.ts'
import { variableFor, withFlagVariables, withSettings, type RoomSetting, type Settings } from './settings.ts'
import { shown, table } from './table.ts'

type Origin = 'flag' | 'variable' | 'file' | 'default'

interface Setting {
  readonly key: string
  /** For people, without secrets; null where it is not set. */
  readonly value: string | null
  readonly origin: Origin
}

const examples = `
Flags win over KNOTWORK_ variables, those over the file of --config, that over defaults. Secrets are not shown.

Examples:
  knotwork config                               what "knotwork serve" would go by here
  knotwork config --config peer.json --json     the same with a file, for programs
`

export function withConfig(program: Command): void {
  withSettings(program.command('config'))
    .description('Prints each setting of serve and where it comes from.')
    .addHelpText('after', examples)
    .showHelpAfterError('(knotwork config --help shows what there is)')
    .exitOverride()
    .action(async (_settings: Settings, command: Command) => {
      const all = await settingsFor(command, process.env)
      const settings = settingsIn(command).map((option) => settingOf(option, command, all))
      // As a setting of serve it is about what serve prints.
      const isForPrograms = command.getOptionValueSource('json') === 'cli'
      process.stdout.write(isForPrograms ? `${JSON.stringify({ settings })}\n` : told(settings))
    })
}

/** What flags, variables and the file say together. */
export async function settingsFor(command: Command, variables: NodeJS.ProcessEnv): Promise<Settings> {
  await applyConfigFile(command, variables)
  return withFlagVariables(command.opts<Settings>(), variables, (message) => command.error(`error: ${message}`))
}

function settingOf(option: Option, command: Command, all: Settings): Setting {
  const key = keyOf(option)
  const name = option.attributeName()
  const value = all[name as keyof Settings]
  const origin = originOf(option, command.getOptionValueSource(name))
  const meant = option.negate ? value === false : value
  return { key, value: meant === undefined ? defaultOf(option) : shownValue(key, meant), origin }
}

function originOf(option: Option, source: string | undefined): Origin {
  if (source === 'cli') return 'flag'
  if (isSetByVariable(option, process.env)) return 'variable'
  return source === 'config' ? 'file' : 'default'
}

/** Defaults that commander does not know of. */
function defaultOf(option: Option): string | null {
  const key = keyOf(option)
  if (key === 'data') return defaultDataDirectory()
  if (key === 'history') return String(limits.historyDays)
  return option.isBoolean() ? 'false' : null
}

function shownValue(key: string, value: NonNullable<Settings[keyof Settings]>): string {
  if (key === 'token' || key === 'webhook-secret') return '(a secret)'
  if (Array.isArray(value)) return value.map((each: string | RoomSetting) => shownPart(each)).join(', ')
  return typeof value === 'object' && 'days' in value ? String(value.days) : String(value)
}

/** Addresses hold secrets in their queries, and before an @. */
function shownPart(part: string | RoomSetting): string {
  if (typeof part !== 'string') return part.room
  return (part.split('?')[0] ?? '').replace(/^(\w+:(?:\/\/)?)?.*@/u, '$1')
}

function told(settings: readonly Setting[]): string {
  const rows = settings.map(({ key, value, origin }) => [
    key,
    value === null ? '(not set)' : shown(value),
    origin === 'variable' ? variableFor(`--${key}`) : origin,
  ])
  return table([['setting', 'value', 'from'], ...rows])
}
