/** `knotwork docs`: documents of a peer, whether it runs or not. */
import type { Retention } from '@knotwork/core'
import { Option, type Command } from 'commander'
import { onDesk, say, type DeskCommandOptions } from './desk-command.ts'
import { Desk, type Asking } from './desk.ts'
import { toldDifference, toldDocuments, toldPurge, toldVersions, type Versions } from './docs-output.ts'
import {
  exportAll,
  exportOne,
  filesIn,
  formats,
  importFiles,
  listed,
  toldExport,
  toldImport,
  type ExportOptions,
  type ImportFilesOptions,
} from './moving.ts'
import { retention } from './settings.ts'

export function withDocs(program: Command): void {
  const docs = program
    .command('docs')
    .description('Works on the documents of a peer: of one that runs, or of the data of one that does not.')
    .exitOverride()
  addListing(docs)
  addMoving(docs)
  addVersions(docs)
  addKeeping(docs)
}

function addListing(docs: Command): void {
  onDesk(docs.command('ls'))
    .description('Lists the documents, with their bytes, those of their history, and their replicas.')
    .option('--prefix <text>', 'only names that begin with it')
    .action(async (options: DeskCommandOptions & { readonly prefix?: string }) => {
      await using desk = await Desk.open(options)
      const documents = await listed(desk, options.prefix)
      say(options, { documents }, () => toldDocuments(documents))
    })
}

function addMoving(docs: Command): void {
  onDesk(docs.command('export'))
    .description(
      'Writes a document, or all of them, to files: as Yjs updates, which lose nothing, as JSON, or one root as text.',
    )
    .argument('[name]', 'the document; none with --all')
    .option('--all', 'all documents, each to a file of its own in the directory --out')
    .addOption(new Option('--format <format>', 'of the files').choices(formats).default('update'))
    .option('--root <name>', 'the root that is text', 'body')
    .option('--out <path>', 'file or directory; without it, one document goes to stdout')
    .action(async (name: string | undefined, options: DeskCommandOptions & ExportOptions, command: Command) => {
      if ((name === undefined) !== (options.all ?? false)) command.error('error: name a document, or say --all')
      if (options.all === true && options.out === undefined)
        command.error('error: --all wants a directory: --out <path>')
      await using desk = await Desk.open(options)
      const report = name === undefined ? await exportAll(desk, options) : await exportOne(desk, name, options)
      if (report !== null) say(options, report, () => toldExport(report))
      if ((report?.failed.length ?? 0) > 0) process.exitCode = 1
    })
  onDesk(docs.command('import'))
    .description('Takes documents from files, or from all files of a directory, as `docs export` writes them.')
    .argument('<path...>', 'files or directories; their names are the percent-encoded names of documents')
    .option('--name <name>', 'the document, where there is one file alone')
    .addOption(new Option('--format <format>', 'of the files; default: by their endings').choices(formats))
    .option('--root <name>', 'the root that a text becomes', 'body')
    .action(async (paths: string[], options: DeskCommandOptions & ImportFilesOptions, command: Command) => {
      const files = await filesIn(paths)
      if (options.name !== undefined && files.length !== 1) command.error('error: --name is for one file')
      await using desk = await Desk.open(options)
      const report = await importFiles(desk, files, options)
      say(options, report, () => toldImport(report))
      if (report.failed.length > 0) process.exitCode = 1
    })
}

function addVersions(docs: Command): void {
  onDesk(docs.command('versions'))
    .description('Lists what the document was: sessions as this peer saw them, and versions that somebody named.')
    .argument('<name>', 'the document')
    .action(async (name: string, options: DeskCommandOptions) => {
      const list = (await answer(options, { name, part: 'versions' })) as Versions
      say(options, list, () => toldVersions(name, list))
    })
  const version = docs
    .command('version')
    .description('Works on one version: an id, the name somebody gave it, or any moment, as 2026-05-01T09:30:00Z.')
    .exitOverride()
  onDesk(version.command('show'))
    .description('Prints the document as it was, as JSON, or one root of it as text.')
    .argument('<name>', 'the document')
    .argument('<version>', 'the version')
    .option('--root <name>', 'the root to be printed')
    .action(async (name: string, wanted: string, options: DeskCommandOptions & { readonly root?: string }) => {
      await using desk = await Desk.open(options)
      const { root } = options
      const asking = { name, part: partOf(wanted) }
      const text = root === undefined ? { accept: 'application/json' } : { accept: 'text/plain', query: { name: root } }
      process.stdout.write(`${await (await desk.ask({ ...asking, ...text })).text()}\n`)
    })
  onDesk(version.command('diff'))
    .description('Prints what has changed since then, or until another version.')
    .argument('<name>', 'the document')
    .argument('<version>', 'the version')
    .argument('[to]', 'another one')
    .action(async (name: string, wanted: string, to: string | undefined, options: DeskCommandOptions) => {
      const query = to === undefined ? {} : { query: { to } }
      const difference = await answer(options, { name, part: partOf(wanted, 'diff'), ...query })
      say(options, difference, () => toldDifference(difference))
    })
  onDesk(version.command('restore'))
    .description('Makes the document hold again what it held, by new changes; what others write meanwhile is kept.')
    .argument('<name>', 'the document')
    .argument('<version>', 'the version')
    .action(async (name: string, wanted: string, options: DeskCommandOptions) => {
      const outcome = await answer(options, { method: 'POST', name, part: partOf(wanted, 'restore') })
      const isNews = (outcome as { readonly outcome: string }).outcome === 'stored'
      say(options, outcome, () =>
        isNews ? `${name} is as it was.\n` : `${name} is just like that; nothing was changed.\n`,
      )
    })
  onDesk(version.command('name'))
    .description('Gives the document as it is, or a version of it, a name that all peers see.')
    .argument('<name>', 'the document')
    .argument('<label>', 'the name of the version')
    .option('--of <version>', 'the version to be named')
    .action(async (name: string, label: string, options: DeskCommandOptions & { readonly of?: string }) => {
      const json = { name: label, ...(options.of === undefined ? {} : { of: options.of }) }
      const made = await answer(options, { method: 'POST', name, part: 'versions', json })
      say(options, made, () => `${(made as { readonly id: string }).id} ${JSON.stringify(label)}\n`)
    })
  onDesk(version.command('remove'))
    .description('Takes a named version away, for all peers.')
    .argument('<name>', 'the document')
    .argument('<version>', 'its id or its name')
    .action(async (name: string, wanted: string, options: DeskCommandOptions) => {
      await using desk = await Desk.open(options)
      await desk.ask({ method: 'DELETE', name, part: partOf(wanted) })
      say(options, { removed: wanted }, () => `${wanted} is gone.\n`)
    })
}

function addKeeping(docs: Command): void {
  onDesk(docs.command('retain'))
    .description('Sets how long this peer keeps the history of a document.')
    .argument('<name>', 'the document')
    .argument('<time>', 'days, all, none, or default: as long as this peer keeps any', wishedRetention)
    .action(async (name: string, kept: Retention | null, options: DeskCommandOptions) => {
      await using desk = await Desk.open(options)
      await desk.ask({ method: 'PUT', name, part: 'retention', json: { retention: kept } })
      say(options, { retention: kept }, () => `${name}: the history is kept ${toldRetention(kept)}.\n`)
    })
  onDesk(docs.command('purge'))
    .description('Removes what was deleted from a document, and its history, from the files of this peer, for good.')
    .argument('<name>', 'the document')
    .action(async (name: string, options: DeskCommandOptions) => {
      const report = await answer(options, { method: 'POST', name, part: 'purge' })
      say(options, report, () => toldPurge(name, report))
    })
}

async function answer(options: DeskCommandOptions, asking: Asking): Promise<unknown> {
  await using desk = await Desk.open(options)
  return (await desk.ask(asking)).json()
}

function partOf(version: string, deed?: string): string {
  const part = `versions/${encodeURIComponent(version)}`
  return deed === undefined ? part : `${part}/${deed}`
}

function wishedRetention(text: string): Retention | null {
  return text === 'default' ? null : retention(text)
}

function toldRetention(kept: Retention | null): string {
  if (kept === null) return 'as long as this peer keeps any'
  if (typeof kept === 'object') return `for ${kept.days} days`
  return kept === 'all' ? 'for ever' : 'not at all'
}
