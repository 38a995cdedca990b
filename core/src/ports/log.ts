/** What a peer tells its operator. Event names are past tense; details never hold a secret or a document's content. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, event: string, details?: Readonly<Record<string, unknown>>) => void

export const silent: Log = () => undefined
