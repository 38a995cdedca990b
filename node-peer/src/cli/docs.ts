/** `knotwork docs`: what can be done with the documents of a peer that does not run. */
import type { Command } from 'commander'
import { purgeDocument, type PurgeReport } from '../purge.ts'

export function withDocs(program: Command): void {
  program
    .command('docs')
    .description('Works on the documents of a peer that does not run.')
    .exitOverride()
    .command('purge')
    .description('Removes what was deleted from a document from the files of this peer, for good.')
    .argument('<name>', 'the document')
    .option('--data <directory>', 'where the peer keeps its documents')
    .exitOverride()
    .action(async (name: string, { data }: { data?: string }) => {
      process.stdout.write(told(name, await purgeDocument(name, data === undefined ? {} : { data })))
    })
}

function told(name: string, { before, after, lostFiles }: PurgeReport): string {
  const lost = lostFiles.map(
    (file) => `What is in ${file}, from when the database was damaged, nobody knows: look, or delete it.\n`,
  )
  return `${name}: ${before} bytes of records, now ${after}. What was deleted is in no file of this peer any more.
Other peers keep it until they have heard of the deletion and compacted or purged their own; copies and backups keep it.
${lost.join('')}`
}
