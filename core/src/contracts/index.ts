/**
 * @knotwork/core/contracts: what an adapter of a port must do, as cases that run anywhere.
 *
 * @example
 * import { storageCases } from '@knotwork/core/contracts'
 * for (const each of storageCases) {
 *   test(each.title, () => each.run(async () => ({
 *     shareable: false,
 *     open: () => MyStorage.open(directory),
 *     [Symbol.asyncDispose]: () => removed(directory),
 *   })))
 * }
 */
export {
  assert,
  assertEqual,
  assertRejects,
  ContractBroken,
  contractCase,
  fingerprint,
  testBytes,
  type ContractCase,
} from './contract.ts'
export { storageCases, type StorageSubject } from './storage.ts'
