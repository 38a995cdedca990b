/** What the local network may cost, each with the reason. Anybody on it can say anything. Spans in milliseconds. */
export const lanLimits = {
  /** Peers that are dialled because the network named them: more are no better connected, and a liar names thousands. */
  dialledMax: 16,
  /** Peers that are remembered as seen, dialled or not. */
  seenMax: 256,
  /** Who was not heard for so long is no longer dialled: three announcements were missed. */
  goneMs: 200_000,
  /** How often this peer asks who is there, and says that it is. */
  askEveryMs: 60_000,
  /** The first times, for those who start together and for networks that lose the first packet. */
  askFirstMs: [0, 1_000, 3_000],
  /** Others may believe an announcement for so long. In seconds, as DNS has it. */
  ttlSeconds: 120,
  /** Questions that are answered: a burst, then so many a second. Announcements reach those who get no answer. */
  answersBurst: 10,
  answersPerSecond: 2,
  /** How long closing waits for the goodbye to leave. */
  goodbyeMs: 500,
  /** Records of one packet that are looked at. */
  recordsMax: 64,
  /** Addresses that a peer is announced with. */
  addressesMax: 4,
} as const
