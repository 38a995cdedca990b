/** Records that are made of lines: several joined into one hold the lines of all. */
export function linesOf(records: readonly Uint8Array[]): readonly string[] {
  return records.flatMap((record) => new TextDecoder().decode(record).split('\n'))
}
