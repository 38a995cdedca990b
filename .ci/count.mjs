// Prints "N passed, N failed, N skipped" from vitest's JSON report. A file that could not even be loaded is one failure.
import { readFileSync } from 'node:fs'

/** @typedef {{ status: string, assertionResults: { status: string }[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: TestFile[] }} Report */

/** @returns {Report | undefined} */
function readReport() {
  try {
    return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  } catch {
    console.error('There is no test report: the tests did not run to their end.')
    return undefined
  }
}

const report = readReport()
const files = report?.testResults ?? []
const brokenFiles = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
)
const failed = report === undefined ? 1 : report.numFailedTests + brokenFiles.length
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)

console.log(`${report?.numPassedTests ?? 0} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0
