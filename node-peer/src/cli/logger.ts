import type { Log } from '@knotwork/core'
import { destination, pino, type Logger } from 'pino'
import { PinoPretty } from 'pino-pretty'
import type { LogLevelSetting } from './settings.ts'

/** Logs on stderr: for people on a terminal, else as JSON lines. Synchronous, so that the last words are not lost. */
export function stderrLogger(level: LogLevelSetting): Logger {
  const options = { level, base: null }
  if (!process.stderr.isTTY) return pino(options, destination({ fd: 2, sync: true }))
  return pino(options, PinoPretty({ destination: 2, sync: true, translateTime: 'HH:MM:ss' }))
}

/** The engine's port for logs. */
export function logTo(logger: Logger): Log {
  return (level, event, details) => logger[level]({ ...details }, event)
}
