import { expect, it } from 'vitest'
import { formFor } from './negotiation.ts'

it.each([
  [undefined, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['text/*', 'text/plain'],
  ['text/plain', 'text/plain'],
  ['Text/Plain; charset=utf-8', 'text/plain'],
  ['application/vnd.yjs.update', 'application/vnd.yjs.update'],
  ['text/plain;q=0.5, application/vnd.yjs.update', 'application/vnd.yjs.update'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
  ['text/html', null],
  ['text/plain;q=0', null],
  ['nonsense', null],
])('Accept: %s asks for %s', (accept, form) => {
  expect(formFor(accept)).toBe(form)
})
