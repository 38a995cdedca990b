/** What `knotwork docs` tells people. */
import type { DocumentDifference, VersionList } from '@knotwork/core'
import colors from 'picocolors'
import type { PurgeReport } from '../purge.ts'
import type { DocumentRow } from '../rest/schemas.ts'
import { shown, table } from './table.ts'

export type Versions = VersionList

export function toldDocuments(documents: readonly DocumentRow[]): string {
  if (documents.length === 0) return 'No documents.\n'
  const rows = documents.map(({ name, bytes, historyBytes, replicas, deleted, damaged }) => [
    shown(name) + (deleted ? ' (deleted)' : '') + (damaged > 0 ? ` (${damaged} records damaged)` : ''),
    String(bytes),
    String(historyBytes),
    replicas === null ? '?' : String(replicas),
  ])
  return table([['document', 'bytes', 'of history', 'replicas'], ...rows])
}

export function toldVersions(
  name: string,
  { retention, since, sizeBytes, sessions, named, isDamaged }: Versions,
): string {
  const kept = typeof retention === 'object' ? `${retention.days} days` : retention
  const begins = since === null ? 'none yet' : `since ${since}`
  const head = `${shown(name)}: history kept by this peer (${kept}): ${begins}, ${sizeBytes} bytes\n`
  const damage = isDamaged ? 'A part of it is damaged, and it begins anew.\n' : ''
  const rows = sessions.map(({ id, edits, sizeBytes: bytes }) => [
    id,
    edits === 0 ? 'what it begins with' : `${edits} updates`,
    `${bytes} bytes`,
  ])
  const names = named.map(({ id, name: label, at, by }) => [id, JSON.stringify(label), at, `by ${by.slice(0, 12)}`])
  return [head, damage, table(rows), named.length === 0 ? '' : `Named, for all peers:\n${table(names)}`].join('')
}

export function toldDifference(difference: unknown): string {
  const { roots } = difference as { readonly roots: DocumentDifference }
  const told = Object.entries(roots).map(([root, each]) => {
    if (each.type === 'json') {
      return `${shown(root)}\n${minus(JSON.stringify(each.before))}${plus(JSON.stringify(each.after))}`
    }
    const changes = each.changes.map(
      ({ at, removed, inserted }) =>
        colors.dim(`at ${at}\n`) + (removed === '' ? '' : minus(removed)) + (inserted === '' ? '' : plus(inserted)),
    )
    return `${shown(root)}\n${changes.join('')}`
  })
  return told.length === 0 ? 'No difference.\n' : told.join('')
}

export function toldPurge(name: string, report: unknown): string {
  const { before, after, lostFiles, namedVersions } = report as PurgeReport & { readonly namedVersions: number }
  const lost = lostFiles.map(
    (file) => `What is in ${file}, from when the database was damaged, nobody knows: look, or delete it.\n`,
  )
  const versions =
    namedVersions === 0
      ? ''
      : `${namedVersions} named versions still hold what the document held then: "docs version remove" takes one away, for all peers, and a purge after that its bytes.\n`
  return `${shown(name)}: ${before} bytes of records, now ${after}. What was deleted is in no file of this peer any more, and its history is gone.
${versions}Other peers keep it until they have heard of the deletion and compacted or purged their own; copies and backups keep it.
${lost.join('')}`
}

function minus(text: string): string {
  return lines(text, (line) => colors.red(`- ${line}`))
}

function plus(text: string): string {
  return lines(text, (line) => colors.green(`+ ${line}`))
}

function lines(text: string, shape: (line: string) => string): string {
  return text
    .split('\n')
    .map((line) => `${shape(line)}\n`)
    .join('')
}
