/** What a workload found, and the page that is printed of it. */
import { shown } from './figures.ts'

export interface Bar {
  /** What issue 4 asks for. */
  readonly text: string
  readonly value: number
  readonly atMost?: number
  readonly atLeast?: number
}

export type Cell = string | number | null

export interface Section {
  readonly title: string
  /** How it was measured, in a sentence. */
  readonly how: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  readonly bars: readonly Bar[]
  /** What else the machine was doing: its load average when this began. */
  readonly load?: number
}

export interface Report {
  readonly date: string
  readonly machine: string
  readonly size: string
  readonly sections: readonly Section[]
}

function verdict({ value, atMost, atLeast }: Bar): string {
  if (!Number.isFinite(value)) return 'not measured'
  if (atMost !== undefined) return value <= atMost ? 'met' : `missed: ${shown(value / atMost)} times the bar`
  return value >= (atLeast ?? 0) ? 'met' : `missed: ${shown(value / (atLeast ?? 1))} of the bar`
}

function row(cells: readonly Cell[]): string {
  return `| ${cells.map((cell) => (typeof cell === 'number' ? shown(cell) : (cell ?? '-'))).join(' | ')} |`
}

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [
    row(columns),
    `|${columns.map((_, index) => (index === 0 ? '---|' : '--:|')).join('')}`,
    ...rows.map(row),
  ].join('\n')
}

export function sectionPage({ title, how, columns, rows, load }: Section): string {
  const beside = load === undefined ? '' : ` Load average when it began: ${shown(load)}.`
  return `## ${title}\n\n${how}${beside}\n\n${table(columns, rows)}\n`
}

export function barsPage(sections: readonly Section[]): string {
  const rows = sections
    .flatMap(({ bars }) => bars)
    .map((bar) => [bar.text, bar.value, verdict(bar)] satisfies readonly Cell[])
  return `## Bars\n\n${table(['bar', 'measured', 'verdict'], rows)}\n`
}

export function page({ date, machine, size, sections }: Report): string {
  const head = `# Benchmark of ${date}\n\n${machine}; size \`${size}\`. Ratios hold, absolute figures are this machine's.\n`
  return [head, barsPage(sections), ...sections.map((section) => sectionPage(section))].join('\n')
}
