/** What one socket may cost at /signal, each with the reason (PROTOCOL.md [SG4]). Sizes in bytes, spans in milliseconds. */
const KiB = 1024

export const signallingLimits = {
  /** An offer with its candidates has 1 to 4 KiB, encrypted and in base64 not twice that. */
  messageBytesMax: 64 * KiB,
  /** A larger frame is refused by its header, before it is in memory. The surplus is for a reason that can be read. */
  payloadBytesMax: 256 * KiB,
  /** A room is a document's name here, and that is the longest there is. */
  topicBytesMax: KiB,
  /** An app with a room for each open document has hundreds. */
  topicsPerSocketMax: 1_000,
  /** All names of one socket together: 2,000 sockets cannot take more than 128 MiB. */
  topicBytesPerSocketMax: 64 * KiB,
  /** A client that joins a full room greets up to 35 others with some ten messages each, all at once. */
  messagesBurst: 1_000,
  messagesPerSecond: 50,
  /** Copies that go out for what one socket publishes: the same burst, in a room with a hundred subscribers. */
  copiesBurst: 100_000,
  copiesPerSecond: 5_000,
  /** What may wait for one reader: more than any burst it would want to read late. */
  queueBytesMax: 1_024 * KiB,
  /** Whoever said nothing for so long is asked by a ping; stock clients say something every 15 s. */
  pingAfterMs: 30_000,
  /** Whoever said nothing for so long, in spite of the ping, is gone. */
  silenceMs: 60_000,
  /** How often that is looked at. */
  lookEveryMs: 5_000,
} as const
