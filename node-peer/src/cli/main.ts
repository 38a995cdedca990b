/** The command `knotwork`. */
import { KnotworkError } from '@knotwork/core'
import { Command, CommanderError } from 'commander'
import { settingsFor, withConfig } from './config.ts'
import { withDocs } from './docs.ts'
import { version } from '../version.ts'
import { exitCodeFor, serve } from './serve.ts'
import { withWatching } from './watching.ts'
import { withSettings, type Settings } from './settings.ts'

const examples = `
Examples:
  knotwork                                      a peer on http://127.0.0.1:4000, data in the platform's place
  knotwork serve ./a --port 4001 --connect ws://127.0.0.1:4000
                                                a second one, linked to the first
  KNOTWORK_TOKEN=secret knotwork serve --host 0.0.0.0
                                                a peer for the whole network, for those who know the secret
  knotwork serve --y-webrtc notes:secret        a peer in the y-webrtc room "notes", which keeps its document
  knotwork status                               whether the peer of this machine is ready
  knotwork config                               each setting, and where it comes from
  knotwork peers                                whom it is linked to
  knotwork docs versions notes/today            what that document was before
  knotwork docs purge notes/today               what was deleted there leaves this machine's files
  knotwork serve --json --port 0                for programs: the first line says where it listens
`

const program = new Command('knotwork')
  .description('A peer that stores, serves and passes on Yjs documents.')
  .version(version)
  .showHelpAfterError('(knotwork --help shows what there is)')
  .exitOverride()

withSettings(
  program
    .command('serve', { isDefault: true })
    .description('Runs a peer until Ctrl-C or SIGTERM.')
    .argument('[directory]', 'the same as --data')
    .addHelpText('after', examples)
    .showHelpAfterError('(knotwork serve --help shows what there is)')
    .exitOverride(),
).action(async (directory: string | undefined, _settings: Settings, command: Command) => {
  const settings = await settingsFor(command, process.env)
  const { data } = settings
  if (directory !== undefined && data !== undefined && directory !== data) {
    command.error(`error: two data directories, ${directory} and ${data}`)
  }
  const place = directory ?? data
  const all = { ...settings, ...(place === undefined ? {} : { data: place }) }
  await serve(all, command.getOptionValueSource('port') !== 'default')
})

withConfig(program)
withWatching(program)
withDocs(program)

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = explain(thrown)
}

/** Tells on stderr what went wrong; the exit code. */
function explain(thrown: unknown): number {
  // Commander has told already.
  if (thrown instanceof CommanderError) return thrown.exitCode
  if (!(thrown instanceof KnotworkError)) throw thrown
  process.stderr.write(`knotwork: ${thrown.message}\n`)
  return exitCodeFor(thrown)
}
