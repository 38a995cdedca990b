import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { findChromium } from './tools/find-chromium.mjs'

const conditions = ['@knotwork/source', ...defaultServerConditions]

const quick = (name: string, include: string) => ({
  extends: true as const,
  // Far beyond what anything takes: a slow machine is no failure, only a hang is.
  test: { name, include: [include], testTimeout: 120_000, hookTimeout: 120_000, sequence: { groupOrder: 0 } },
})

// Real processes, ports and pages, after the quick ones. Processes mostly wait for one another: two files at a time.
const slow = (name: string, include: string, timeoutMs: number) => ({
  extends: true as const,
  test: {
    name,
    include: [include],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    sequence: { groupOrder: 1 },
  },
})

// A browser is busy all the time: one file at a time.
const pages = (name: string, include: string) => ({
  extends: true as const,
  test: {
    name,
    include: [include],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    sequence: { groupOrder: 2 },
  },
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    maxWorkers: 2,
    passWithNoTests: true,
    env: { CHROMIUM: findChromium() ?? '' },
    projects: [
      quick('core', 'core/src/**/*.test.ts'),
      quick('node-peer', 'node-peer/src/**/*.test.ts'),
      quick('web-peer', 'web-peer/{src,app}/**/*.test.ts'),
      quick('contracts', 'test/contracts/**/*.test.ts'),
      quick('sim', 'test/{sim,mesh}/**/*.test.ts'),
      slow('interop', 'test/interop/**/*.test.ts', 120_000),
      slow('integration', 'test/{integration,scale,bench}/**/*.test.ts', 120_000),
      pages('browser', 'test/browser/**/*.test.ts'),
    ],
  },
})
