/** Documents to files and back. A file is called as its document, percent-encoded: any text is a name of a document. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { KnotworkError, messageOf } from '@knotwork/core'
import type { Asking, Desk } from './desk.ts'
import type { DocumentRow } from '../rest/schemas.ts'

export const formats = ['update', 'json', 'text', 'markdown'] as const
export type Format = (typeof formats)[number]

const endings: Readonly<Record<Format, string>> = { update: '.yjs', json: '.json', text: '.txt', markdown: '.md' }
const types: Readonly<Record<Format, string>> = {
  update: 'application/vnd.yjs.update',
  json: 'application/json',
  text: 'text/plain',
  markdown: 'text/plain',
}
/** What file systems take. */
const fileNameBytesMax = 255

export interface ExportOptions {
  readonly all?: boolean
  readonly format: Format
  readonly root: string
  readonly out?: string
}

export interface ImportFilesOptions {
  readonly name?: string
  readonly format?: Format
  readonly root: string
}

interface Failed {
  readonly what: string
  readonly why: string
}

export interface ExportReport {
  readonly exported: readonly string[]
  readonly failed: readonly Failed[]
}

export interface ImportReport {
  readonly stored: readonly string[]
  readonly known: readonly string[]
  readonly failed: readonly Failed[]
}

/** All documents, page by page. */
export async function listed(desk: Desk, prefix = ''): Promise<readonly DocumentRow[]> {
  const documents: DocumentRow[] = []
  for (let after: string | null = ''; after !== null;) {
    const query: Record<string, string> = { limit: '1000', prefix, ...(after === '' ? {} : { after }) }
    const page = (await (await desk.ask({ query })).json()) as { documents: DocumentRow[]; next: string | null }
    documents.push(...page.documents)
    after = page.next
  }
  return documents
}

/** To stdout without `out`; then there is nothing to tell. */
export async function exportOne(desk: Desk, name: string, options: ExportOptions): Promise<ExportReport | null> {
  const bytes = await read(desk, name, options)
  if (options.out === undefined) {
    process.stdout.write(bytes)
    return null
  }
  await writeNew(options.out, bytes)
  return { exported: [options.out], failed: [] }
}

/** What fails costs nobody else anything, and is told. */
export async function exportAll(desk: Desk, options: ExportOptions): Promise<ExportReport> {
  const directory = options.out ?? '.'
  await mkdir(directory, { recursive: true })
  const [exported, failed]: [string[], Failed[]] = [[], []]
  for (const { name, deleted } of await listed(desk)) {
    if (deleted) continue
    try {
      await writeNew(join(directory, fileNameOf(name, options.format)), await read(desk, name, options))
      exported.push(name)
    } catch (thrown) {
      failed.push({ what: name, why: messageOf(thrown) })
    }
  }
  return { exported, failed }
}

async function read(desk: Desk, name: string, { format, root }: ExportOptions): Promise<Uint8Array> {
  const isText = types[format] === 'text/plain'
  const answer = await desk.ask({ name, accept: types[format], ...(isText ? { query: { name: root } } : {}) })
  return new Uint8Array(await answer.arrayBuffer())
}

/** Nothing that is there is written over. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx', flush: true })
  } catch (thrown) {
    const isThere = (thrown as { code?: unknown }).code === 'EEXIST'
    const why = isThere ? 'is there already, and nothing is written over' : messageOf(thrown)
    throw new KnotworkError('storage', `${path}: ${why}`, { cause: thrown })
  }
}

export function fileNameOf(name: string, format: Format): string {
  const file = `${encodeURIComponent(name)}${endings[format]}`
  if (Buffer.byteLength(file) <= fileNameBytesMax) return file
  throw new KnotworkError('bad-name', 'its name is too long for a file: export it by itself, with --out')
}

export function documentOf(path: string): string {
  const file = basename(path)
  const name = formatOf(path) === null ? file : file.slice(0, -extname(file).length)
  try {
    return decodeURIComponent(name)
  } catch {
    // A percent sign that nobody has encoded.
    return name
  }
}

export function formatOf(path: string): Format | null {
  return formats.find((format) => path.endsWith(endings[format])) ?? null
}

/** The files themselves, and those that lie in the directories. */
export async function filesIn(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) {
    const facts = await stat(path).catch((thrown: unknown) => {
      throw new KnotworkError('storage', `${path} cannot be read`, { cause: thrown })
    })
    if (!facts.isDirectory()) found.push(path)
    else for (const file of await readdir(path)) if (formatOf(file) !== null) found.push(join(path, file))
  }
  return found
}

export async function importFiles(
  desk: Desk,
  files: readonly string[],
  options: ImportFilesOptions,
): Promise<ImportReport> {
  const [stored, known, failed]: [string[], string[], Failed[]] = [[], [], []]
  for (const file of files) {
    const name = options.name ?? documentOf(file)
    try {
      const answer = await desk.ask(await importOf(file, name, options))
      const { outcome } = (await answer.json()) as { readonly outcome: 'stored' | 'known' }
      ;(outcome === 'stored' ? stored : known).push(name)
    } catch (thrown) {
      failed.push({ what: file, why: messageOf(thrown) })
    }
  }
  return { stored, known, failed }
}

async function importOf(file: string, name: string, { format: given, root }: ImportFilesOptions): Promise<Asking> {
  const format = given ?? formatOf(file)
  if (format === null) throw new KnotworkError('refused-request', 'its ending says nothing: give its --format')
  const body = { type: types[format], bytes: await readFile(file) }
  if (format === 'update') return { method: 'PATCH', name, body }
  return { method: 'PUT', name, body, ...(format === 'json' ? {} : { query: { name: root } }) }
}

export function toldExport({ exported, failed }: ExportReport): string {
  return `${exported.length} exported.\n${toldFailures(failed)}`
}

export function toldImport({ stored, known, failed }: ImportReport): string {
  return `${stored.length} imported, ${known.length} were the same already.\n${toldFailures(failed)}`
}

function toldFailures(failed: readonly Failed[]): string {
  return failed.map(({ what, why }) => `${JSON.stringify(what)}: ${why}\n`).join('')
}
