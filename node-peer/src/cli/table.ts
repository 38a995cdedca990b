/** Columns for people. */

/** Names hold anything; a terminal is spared what would move it. */
export function shown(name: string): string {
  return /^[^\p{C}]+$/u.test(name) ? name : JSON.stringify(name)
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
