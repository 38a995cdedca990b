/** Settings from a file: what no flag and no variable says. Its keys are the names of the flags. */
import { readFile } from 'node:fs/promises'
import { messageOf } from '@knotwork/core'
import type { Command, Option } from 'commander'
import { z } from 'zod'
import { variableFor } from './settings.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const fileSchema = z.record(z.string(), z.union([scalar, z.array(scalar)]))

type FileValue = z.infer<typeof fileSchema>[string]

/** Of the flag, without its dashes. */
export function keyOf({ long }: Option): string {
  return (long ?? '').replace(/^--/u, '')
}

/** Where the file is that was asked for is no setting that it could hold. */
export function settingsIn(command: Command): readonly Option[] {
  return command.options.filter((option) => keyOf(option) !== 'config')
}

/** Whether a variable says what that setting is. Commander knows of those with a value only. */
export function isSetByVariable(option: Option, variables: NodeJS.ProcessEnv): boolean {
  return (variables[variableFor(option.long ?? '')] ?? '') !== ''
}

/** Gives the command what the file says; what is wrong in it ends the command with a sentence. */
export async function applyConfigFile(command: Command, variables: NodeJS.ProcessEnv): Promise<void> {
  const { config: path } = command.opts<{ readonly config?: string }>()
  if (path === undefined) return
  const fail = (why: string): never => command.error(`error: ${path}: ${why}`)
  const given = await contentOf(path).catch((thrown: unknown) => fail(messageOf(thrown)))
  const checked = fileSchema.safeParse(given)
  if (!checked.success) return fail('it is one JSON object of settings: texts, numbers, true, false, or lists of them')
  const options = new Map(settingsIn(command).map((option) => [keyOf(option), option]))
  for (const [key, value] of Object.entries(checked.data)) {
    const option = options.get(key)
    if (option === undefined) return fail(`there is no setting "${key}"; there are ${[...options.keys()].join(', ')}`)
    const name = option.attributeName()
    // Also where it does not count: a file is right or wrong, whatever else is set.
    const parsed = parsedBy(option, value, (why) => fail(`${key}: ${why}`))
    const isSet = ['cli', 'env'].includes(command.getOptionValueSource(name) ?? '')
    if (!isSet && !isSetByVariable(option, variables)) command.setOptionValueWithSource(name, parsed, 'config')
  }
}

async function contentOf(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text) as unknown
  } catch (thrown) {
    // What the platform says of it shows a piece of the file, and that may hold a secret.
    throw new Error('it is no JSON', { cause: thrown })
  }
}

function parsedBy(option: Option, value: FileValue, fail: (why: string) => never): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value !== 'boolean') return fail('it is true or false')
    return option.negate ? !value : value
  }
  if (typeof value === 'boolean') return fail('it has a value')
  const texts = (Array.isArray(value) ? value : [value]).map(String)
  const { parseArg } = option
  if (parseArg === undefined) return texts.length === 1 ? texts[0] : fail('it has one value')
  try {
    let parsed: unknown
    for (const text of texts) parsed = parseArg(text, parsed)
    return parsed
  } catch (thrown) {
    return fail(messageOf(thrown))
  }
}
