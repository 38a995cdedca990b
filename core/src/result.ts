/** Expected trouble as a value: what can go wrong with somebody else's input never throws. */
export type Result<Value, Trouble> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Trouble }

export function ok<Value>(value: Value): Result<Value, never> {
  return { ok: true, value }
}

export function err<Trouble>(error: Trouble): Result<never, Trouble> {
  return { ok: false, error }
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Ends a switch over a union: it does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`not a case: ${JSON.stringify(value)}`)
}
