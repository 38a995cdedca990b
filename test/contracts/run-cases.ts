import { describe, expect, it } from 'vitest'
import type { ContractCase } from '@knotwork/core/contracts'

/** Runs a contract suite under vitest. */
export function runCases<Subject>(
  name: string,
  cases: readonly ContractCase<Subject>[],
  make: () => Promise<Subject>,
): void {
  describe(`${name}`, () => {
    for (const each of cases) {
      it(`${each.title}`, () => expect(each.run(make)).resolves.toBeUndefined(), 30_000)
    }
  })
}
