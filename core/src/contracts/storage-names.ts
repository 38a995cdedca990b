import { limits } from '../limits.ts'
import { assertEqual, testBytes, type ContractCase } from './contract.ts'
import { assertHolds, listed, nameOf, storageCase, type StorageSubject } from './storage-subject.ts'

/** Each of them has been somebody's path, pattern, property, separator or end of string. */
const oddNames: readonly string[] = [
  '.',
  '..',
  '../..',
  '/',
  '//',
  '/etc/passwd',
  'a/b',
  'a//b',
  'a\\b',
  'CON',
  '__proto__',
  'constructor',
  'toString',
  '%2F',
  '%',
  '100%',
  '%00',
  ' ',
  ' a ',
  'a\nb',
  'a\tb',
  'a\0b',
  '\0',
  '\u{7f}',
  '*',
  '?x=1#y',
  ':',
  '"\'`',
  'A',
  'a',
  'é',
  'e\u0301',
  '文書',
  'עברית',
  '👩‍👩‍👧',
  '\u{10FFFF}',
  '\uFFFF',
  'v1',
  'v1_sv',
  'update',
  'meta',
  'x'.repeat(limits.documentNameBytesMax),
  '文'.repeat(Math.floor(limits.documentNameBytesMax / 3)),
]

export const storageNameCases: readonly ContractCase<StorageSubject>[] = [
  storageCase('[WI9] odd names are just names, each its own document', async (storage) => {
    for (const [index, text] of oddNames.entries()) await storage.append(nameOf(text), [testBytes(index, 25)])
    for (const [index, text] of oddNames.entries()) await assertHolds(storage, nameOf(text), [testBytes(index, 25)])
    assertEqual(await listed(storage), oddNames.toSorted(), 'names')
  }),

  storageCase('[WI9] names that are prefixes of one another do not see each other', async (storage) => {
    const texts = ['a', 'aa', 'aaa', 'a/', 'a/a', 'a\0', 'aupdate', 'a1', 'x'.repeat(127), 'x'.repeat(128)]
    for (const [index, text] of texts.entries()) await storage.append(nameOf(text), [testBytes(index, 10)])
    for (const [index, text] of texts.entries()) {
      await storage.append(nameOf(text), [testBytes(100 + index, 10)])
      await storage.compact(nameOf(text), (updates) => ({ snapshot: updates[1] ?? testBytes(0, 1), damaged: [] }))
    }
    for (const [index, text] of texts.entries()) await assertHolds(storage, nameOf(text), [testBytes(100 + index, 10)])
    assertEqual(await listed(storage), texts.toSorted(), 'names')
  }),

  storageCase('many documents are all listed, each once', async (storage) => {
    const texts = Array.from({ length: 120 }, (_, index) => `document ${index}`)
    await Promise.all(texts.map((text, index) => storage.append(nameOf(text), [testBytes(index, 10)])))
    await Promise.all(texts.map((text, index) => storage.append(nameOf(text), [testBytes(index, 11)])))
    assertEqual(await listed(storage), texts.toSorted(), 'names')
  }),
]
