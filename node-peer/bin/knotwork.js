#!/usr/bin/env node
// In a published package this starts the compiled command. In a checkout (tsconfig.json is never published) it starts the
// source, so that `npx knotwork serve` works right after `npm ci`.
import { existsSync } from 'node:fs'

if (existsSync(new URL('../tsconfig.json', import.meta.url))) {
  const { runFromSource } = await import('../../tools/run-from-source.mjs')
  await runFromSource(new URL('../src/cli/main.ts', import.meta.url))
} else {
  await import('../dist/cli/main.js')
}
