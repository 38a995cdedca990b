import { register } from 'node:module'
import { buildPageIfStale } from './build-page-if-stale.mjs'

// The same as `node --conditions=@knotwork/source`, which cannot be set once a process runs.
const sourceCondition = `export const resolve = (specifier, context, next) =>
  next(specifier, { ...context, conditions: ['@knotwork/source', ...context.conditions] })`

/** Runs a TypeScript file of this checkout in this process, with the packages' sources in place of their builds. */
export async function runFromSource(/** @type {URL} */ main) {
  const code = buildPageIfStale()
  if (code !== 0) process.exit(code)
  const tsx = await import('tsx/esm/api')
  tsx.register()
  register(`data:text/javascript,${encodeURIComponent(sourceCondition)}`)
  await import(main.href)
}
