/** What all commands share that work on a peer: which one, and for whom they write. */
import { Option, type Command } from 'commander'
import type { DeskOptions } from './desk.ts'

export interface DeskCommandOptions extends DeskOptions {
  readonly json?: boolean
}

export function onDesk(command: Command): Command {
  return command
    .addOption(new Option('--data <directory>', 'where the peer keeps its documents').env('KNOTWORK_DATA'))
    .addOption(new Option('--url <url>', 'a peer that runs, anywhere').env('KNOTWORK_URL'))
    .addOption(new Option('--token <secret>', 'its shared secret; better set as a variable').env('KNOTWORK_TOKEN'))
    .option('--json', 'for programs')
    .showHelpAfterError()
    .exitOverride()
}

export function say({ json }: DeskCommandOptions, fact: unknown, told: () => string): void {
  process.stdout.write(json === true ? `${JSON.stringify(fact)}\n` : told())
}
