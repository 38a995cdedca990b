/**
 * Why a link was closed. 44xx: do not come back before something changed; 45xx: come back (PROTOCOL.md [TR3]).
 * A stock y-websocket 3 client obeys the same split.
 */
export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  /** Bytes that are no message, or a message that breaks a rule. */
  garbage: 4400,
  /** A shared token is needed and was missing or wrong. */
  token: 4401,
  /** The signature is not of the key it claims. */
  proof: 4403,
  /** This client may not have this document. */
  forbidden: 4403,
  /** This very process, or a second link to it. */
  duplicate: 4409,
  /** Another protocol version. */
  version: 4426,
  /** More links than this peer takes. */
  full: 4529,
  /** No hello or no proof in time. */
  helloTimeout: 4508,
  /** Nothing heard for `limits.silenceMs`. */
  silent: 4504,
  /** Reads too slowly. */
  slow: 4513,
  /** The document cannot be served at the moment: its storage fails. */
  unavailable: 4503,
} as const

/** Whether coming back soon is pointless. */
export function isRefusal(code: number): boolean {
  return code >= 4400 && code <= 4499
}
