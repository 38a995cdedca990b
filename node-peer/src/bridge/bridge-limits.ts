/** What bridges may cost, each with the reason. Sizes in bytes, spans in milliseconds. */
const MiB = 1024 * 1024

export const bridgeLimits = {
  /** Rooms of one peer: each is a second replica of its document, in the process of the bridges. */
  roomsMax: 100,
  /** Pages linked to one room: y-webrtc sends each edit to each of them. Its own default is 20 to 35. */
  linksPerRoomMax: 64,
  /** A link that does not open is given up: whoever can publish in a room can announce pages that do not exist. */
  linkMs: 8_000,
  /** A message above this does not pass a data channel of Chromium, and y-webrtc does not split any. */
  messageBytesMax: 256 * 1024,
  /** What may wait between the two processes: beyond, the room begins anew with one resync. */
  queueBytesMax: 64 * MiB,
  /** A room that was cut off, or a process that ended, begins anew after this, doubling. */
  retryFirstMs: 1_000,
  retryMaxMs: 60_000,
  /** So long a room must have gone well for the next wait to be the first again. */
  retryForgottenMs: 60_000,
  /** From the farewell to the end of the links: what was said last needs the time to leave. */
  farewellMs: 200,
  /** How long closing waits for the process. */
  closeMs: 3_000,
} as const
