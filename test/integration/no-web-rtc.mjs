// Preloaded into a peer: a machine where the optional package node-datachannel could not be installed.
import { register } from 'node:module'

const without = `export const resolve = (specifier, context, next) => {
  if (specifier.startsWith('node-datachannel')) throw new Error("Cannot find package 'node-datachannel'")
  return next(specifier, context)
}`

register(`data:text/javascript,${encodeURIComponent(without)}`)
