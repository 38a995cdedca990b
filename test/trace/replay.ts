/**
 * Types an editing trace at peer A and reads it at peer C, which A does not know: A - B - C, three processes.
 * Prints the figures. `npm run trace` types all of it.
 */
import { openPeer } from '@knotwork/node-peer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SourceProcess } from '../integration/source-process.ts'
import { editingTrace } from './editing-trace.ts'

export interface ReplayReport {
  readonly trace: string
  readonly keystrokes: number
  /** The text at C is the text that was typed, to the byte. */
  readonly isEqual: boolean
  readonly bytesPerKeystroke: { readonly fromAToB: number; readonly fromBToC: number }
  readonly seconds: { readonly typing: number; readonly storedAtB: number; readonly equalAtC: number }
  readonly cpuSecondsOfA: number
}

interface TypistReport {
  readonly keystrokes: number
  readonly isEqual: boolean
  readonly typedMs: number
  readonly storedByNeighbourMs: number
  readonly cpuMs: number
  readonly bytesOut: number
}

/** `keystrokesPerTurn`: how many are typed before the typist lets other work run; a person types one. */
export async function replay(count: number | 'all', keystrokesPerTurn = 20): Promise<ReplayReport> {
  const directory = await mkdtemp(join(tmpdir(), 'knotwork-trace-'))
  const name = 'paper'
  const trace = editingTrace(count === 'all' ? Infinity : count)
  const serve = ['serve', '--port', '0', '--json', '--no-page', '--data', join(directory, 'b')]
  await using middle = new SourceProcess('node-peer/src/cli/main.ts', serve)
  await middle.until(() => middle.lines.some((line) => line.includes('"listening"')))
  const { url } = JSON.parse(middle.lines.find((line) => line.includes('"listening"')) ?? '{}') as { url: string }
  const address = `${url.replace('http', 'ws')}/peer`
  await using reader = await openPeer({ data: join(directory, 'c'), connect: [address], listen: false })
  const document = reader.open(name)
  await document.loaded

  const start = performance.now()
  const typistArguments = [join(directory, 'a'), address, name, String(count), String(keystrokesPerTurn)]
  await using typist = new SourceProcess('test/trace/typist.ts', typistArguments)
  const isDone = (): boolean => typist.lines.length > 0 && document.doc.getText('text').length === trace.endText.length
  await typist.until(() => typist.lines.length > 0, 600_000)
  const report = JSON.parse(typist.lines[0] ?? '{}') as TypistReport
  while (!isDone() && performance.now() - start < 600_000) await new Promise((resolve) => setTimeout(resolve, 20))
  const equalAtC = (performance.now() - start) / 1000
  const isEqual = report.isEqual && document.doc.getText('text').toString() === trace.endText
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  const bytesIn = reader.neighbours.value.reduce((sum, neighbour) => sum + neighbour.bytesIn, 0)
  await document.stored()
  await reader.close()
  await rm(directory, { recursive: true, force: true })
  const perKeystroke = (bytes: number): number => Math.round((bytes / report.keystrokes) * 100) / 100
  return {
    trace: trace.title,
    keystrokes: report.keystrokes,
    isEqual,
    bytesPerKeystroke: { fromAToB: perKeystroke(report.bytesOut), fromBToC: perKeystroke(bytesIn) },
    seconds: { typing: report.typedMs / 1000, storedAtB: report.storedByNeighbourMs / 1000, equalAtC },
    cpuSecondsOfA: report.cpuMs / 1000,
  }
}
