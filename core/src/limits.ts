/**
 * Every limit, each with the reason for it. A refusal by a limit is counted or shown, never silent.
 * Sizes in bytes, spans in milliseconds.
 */
const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  /** Long enough for a path with a title in any script, short enough to be a key in every storage. */
  documentNameBytesMax: KiB,

  // --- frames and messages -------------------------------------------------------------------------------------
  /** What one transport frame may hold; a WebSocket server can refuse more before it is in memory. */
  frameBytesMax: MiB,
  /** A message above this travels in parts, so that keystrokes and pings pass between them. */
  partBytesMax: 256 * KiB,
  /** What a message put together from parts may hold: the largest difference between two replicas we carry. */
  messageBytesMax: 64 * MiB,
  /** Messages in parts that one link may have under way at once. */
  partialMessagesMax: 4,
  /** Messages in parts that are remembered after they became whole: parts do not come again later than that. */
  finishedMessagesMax: 64,
  /** How long a message in parts may take from its first part to its last new part before it is given up. */
  partSilenceMs: 30_000,
  /** Features a hello may list, and the length of each: far above what versions of ours will ever have. */
  featuresMax: 64,
  featureBytesMax: 64,
  /** A close reason must fit a WebSocket close frame: 125 bytes less the code. */
  closeReasonBytesMax: 120,

  // --- links ---------------------------------------------------------------------------------------------------
  /** From the opened pipe to the proven identity; afterwards the link is closed. */
  helloMs: 5_000,
  /** Whoever has sent nothing for this long sends a ping. */
  pingAfterMs: 2_000,
  /** A link that brought nothing for this long is dead: a dead neighbour is noticed within five seconds. */
  silenceMs: 5_000,
  /** Frames that may wait while a proof is being checked: its sender may have checked ours already and begun. */
  earlyFramesMax: 20_000,
  earlyBytesMax: 8 * MiB,
  /** How old the figures of a neighbour (bytes, round trip) may be when an app looks at them. */
  neighboursRefreshMs: 1_000,
  linksMax: 2_000,
  /** From one address, so that one machine cannot take all places; loopback is exempt. */
  linksPerAddressMax: 32,
  /** First wait before a lost neighbour is dialled again; doubles with each failure, with jitter. */
  redialFirstMs: 250,
  /** A network that is whole again is noticed by dialling: whoever was cut off is level within a few seconds. */
  redialMaxMs: 2_000,
  /** One that has been away for longer than the first is hardly back this second: the wait doubles to the second. */
  redialKeenMs: 600_000,
  redialLongMs: 20_000,
  /** After a refusal (a 44xx code) asking again at once is pointless, but an operator may mend the cause. */
  redialRefusedMs: 60_000,
  /** A dial that has not opened by then is given up. */
  dialMs: 10_000,
  /** Above this a reader is too slow: what is for it is dropped and replaced by one resync when it has drained. */
  queueBytesMax: 8 * MiB,
  /** Presence is the first to go when a reader is slow; above what bulk may fill, so that bulk does not hold it up. */
  queueBytesMaxForPresence: MiB,
  /** Parts of big messages are handed to the transport while it holds less than this, so that keystrokes pass them. */
  bulkQueueBytes: 512 * KiB,
  /** Parts that may wait for one link. */
  bulkWaitingBytesMax: 128 * MiB,
  /** How often a link that holds bulk, or that fell behind, is looked at. */
  bulkPollMs: 20,
  /** A resync starts when the queue has fallen to this: not above what presence may find there, or it never ends. */
  queueBytesDrained: 256 * KiB,
  /** A reader that falls behind this often is closed; it comes back with a fresh link. */
  slowStrikesMax: 3,

  // --- documents on a link -------------------------------------------------------------------------------------
  documentsPerLinkMax: 10_000,
  /** Documents whose fingerprints are compared with a neighbour's; of more, the first by name. */
  catalogueItemsMax: 100_000,
  /** So many fingerprints are sent as they are: coded symbols would save little, and take a round trip when they are few. */
  catalogueListMax: 256,
  /** Coded symbols sent unasked, 14 bytes each: ten documents that changed are told from them 999 times of 1,000. */
  catalogueSymbolsFirst: 96,
  /** Coded symbols in one message. */
  catalogueSymbolsMax: 16_384,
  /** How often a word of the comparison is said without an answer. */
  catalogueTriesMax: 20,
  /**
   * How long what is in memory waits to hear whether it differs at a neighbour, before it is opened there anyway, and a word
   * of the comparison for its answer, doubling: the other side may have much to list.
   */
  catalogueWaitMs: 5_000,
  catalogueWaitMaxMs: 10_000,
  /** Words of the comparison that one link gets answered: an honest neighbour needs a handful. */
  catalogueAnswersMax: 32,
  /** Documents that a catalogue brings into memory at once. */
  catalogueOpenAtOnceMax: 32,
  /** Digests kept of documents that are not in memory, about 100 bytes each with their names. */
  digestsRememberedMax: 100_000,
  /** A document that a catalogue brought in and that does not get level is given up after this. */
  catalogueDocumentMs: 15_000,
  /** Replicas in memory on behalf of one link; more are refused until some go idle. */
  liveDocumentsPerLinkMax: 1_024,

  // --- document sync -------------------------------------------------------------------------------------------
  /** One update typed or pasted by somebody. */
  liveUpdateBytesMax: 4 * MiB,
  /** A bigger update is not passed on unasked: neighbours hear of it and fetch it once, from whoever was first. */
  forwardBytesMax: 64 * KiB,
  /** Updates in one message. */
  updatesPerMessageMax: 1_000,
  /** Bytes of updates joined into one message; more go into the next. */
  updatesBytesPerMessage: 128 * KiB,
  /** [BR7] A bigger update that came by a second way is announced by its ids from then on: a word costs less. */
  pushBytesMax: KiB,
  /** What was announced comes by another link within this, or it is asked for. */
  graftMs: 300,
  /** [BR8] Names in a list of whom a peer reaches; who reaches more names to each only those it reaches, too. */
  reachMax: 64,
  /** How long a new name waits for others, and how soon after a list the next one may follow. */
  reachQuietMs: 250,
  reachEveryMs: 1_000,
  /** Who has acknowledged nothing for so long is not called reached: others are to see to it. */
  reachStallMs: 1_000,
  /** How long the acknowledgement of a copy that was known already waits for company; well below the time above. */
  acknowledgeKnownMs: 400,
  /** Edits made here within this time leave together; the first after a pause leaves at once. */
  editsTogetherMs: 40,
  /** Updates that leave together are merged in groups of this many (merging is quadratic in their number: YJS trap 4) ... */
  updatesJoinedMax: 64,
  /** ... and of this size: copying bigger ones costs more than it saves. */
  joinedBytesMax: 32 * KiB,
  /** Structs of one update: decoding them costs about 100 bytes of memory each while it lasts. */
  structsMax: 1_000_000,
  /** Clients in one update or state vector (10,000 clients at one place take 29 s to integrate: YJS trap 8). */
  clientsMax: 10_000,
  deleteRangesMax: 100_000,
  /** Ranges deleted lately, and moments they are counted from, kept for who comes back: 24 bytes each, half an hour of typing. */
  recentDeletesMax: 1_024,
  deleteMarksMax: 64,
  /** Whoever may know what we deleted last answers within this, or is told all of it. */
  deletesWaitMs: 500,
  /** Updates that wait for others they depend on, per document: everything beyond is asked for again instead. */
  waitingUpdatesMax: 256,
  waitingBytesMax: MiB,
  /** Answers to `have` per neighbour and document: a burst, then this many a second. */
  answersBurst: 4,
  answersPerSecond: 2,
  /** An unanswered request, or an update without acknowledgement, counts as lost after this. */
  answerMs: 3_000,
  /** Messages to a neighbour whose acknowledgement is remembered. */
  unacknowledgedMax: 1_000,
  /** How fast a slow but working link is; a big answer is not repeated before it could have arrived. */
  slowBytesPerMs: 50,
  /** Anti-entropy: how often a digest is compared with a neighbour, doubling while nothing changes. */
  antiEntropyFirstMs: 5_000,
  antiEntropyMaxMs: 60_000,
  /** Messages that may wait while a document is being loaded. */
  stashedMessagesMax: 1_000,
  stashedBytesMax: 8 * MiB,
  /** Updates applied but not yet in the own log; beyond, other peers' updates are left for anti-entropy. */
  unloggedBytesMax: 32 * MiB,
  /** A failed write is tried again after this, doubling. */
  storageRetryFirstMs: 500,
  storageRetryMaxMs: 15_000,
  /** How long a reader waits for a neighbour to bring a document that is not stored here. */
  readElsewhereMs: 2_000,
  /** How long closing waits for a storage that does not take the last edits. */
  closeMs: 5_000,
  /** What is known of a document besides its updates is written once nothing has changed for this long. */
  noteQuietMs: 1_000,
  /** Peers remembered as having everything on disk, per document: 33 bytes each. */
  witnessesMax: 16,
  /** A replica nobody uses leaves memory after this. */
  idleUnloadMs: 60_000,
  /** One that was brought in to catch up, and could not leave yet, is looked at again after this. */
  restAgainMs: 1_000,
  /** Records in a log before compacting it is worth its reading ... */
  compactRecordsMin: 500,
  /** ... and they must have grown to this share of the last snapshot, so that a long log is rewritten rarely. */
  compactGrowth: 0.5,
  /** How long compacting may keep others waiting at a time, ... */
  compactSliceMs: 10,
  /** ... looked at after so many records: few enough to take a fraction of that. */
  compactStepRecords: 32,

  // --- history -----------------------------------------------------------------------------------------------------
  /** Default: who finds out after the holidays what was deleted before them gets it back. */
  historyDays: 30,
  /** A pause of ten minutes ends a session, and so does an hour of work: steps that people remember. */
  sessionPauseS: 600,
  sessionS: 3_600,
  /** A segment of a history: few enough bytes to be merged, read and checked at a time. */
  segmentBytesMax: 256 * KiB,
  /** Segments of one history: the older half is told in half as many steps when there are more. */
  segmentsMax: 2_000,
  /** A named version holds the whole document, and is an edit of the document that named versions are kept in. */
  namedVersionBytesMax: 3 * MiB,
  versionNameBytesMax: 256,
  /** Named versions of one document. */
  namedVersionsMax: 1_000,

  // --- direct links ------------------------------------------------------------------------------------------------
  /** An offer or an answer with all its candidates; a long one has 6 KiB. */
  signalBytesMax: 16 * KiB,
  /** The description in it, mostly ASCII, with room for the rest of the payload. */
  descriptionCharsMax: 15 * KiB,
  /** Peers that may carry a signal on: enough for a chain of node peers, too few for a storm. */
  signalHopsMax: 4,
  /** Ids of signals carried lately, so that one that comes by two ways is carried once. */
  signalsRememberedMax: 1_000,
  /** Signals carried for one link: a burst, then so many a second. */
  signalsBurst: 60,
  signalsPerSecond: 20,
  /** A neighbour that carries for others speaks for so many. */
  signalsCarrierTimes: 20,
  /** Members named in one message. */
  membersMax: 16,
  /** Direct links a member of a document opens (HyParView's active view), and all that a peer takes. */
  directLinksWanted: 6,
  directLinksMax: 8,
  /** More, for a member of some document that has nobody else there. */
  directLinksMaxUrgent: 12,
  /** Names of members kept to replace a lost link (HyParView's passive view). */
  passiveViewMax: 30,
  /** How often names are exchanged, and how many of each view are offered. */
  shuffleMs: 30_000,
  shuffleActive: 3,
  shufflePassive: 4,
  /** Asking for names when there are too few, doubling to `shuffleMs`. */
  membersQueryFirstMs: 2_000,
  /** A member that could not be reached is tried again after this, then after four times as long, ... */
  directRetryFirstMs: 2_000,
  /** ... and forgotten after so many failures in a row; whoever is alive is named again. */
  directFailuresMax: 4,
  /** A link dialled for a document's sake is closed when no document has needed it for so long. */
  directIdleMs: 30_000,
  /** From the first signal to the open channel; then the dial is tried once more. */
  directDialMs: 8_000,
  directTriesMax: 2,
  /** Dials that failed are shown to people for this long, and so many at most. */
  failedDialShownMs: 60_000,
  failedDialsShownMax: 64,
  /** From the last piece handed to the channel to its end, when the other side does not read why it was closed. */
  channelCloseMs: 1_000,
  /** Ways an own signal takes at once: neighbours that may know the addressee. */
  signalWaysMax: 8,
  /** Pieces in which frames pass a data channel: what every browser takes. */
  chunkBytesMax: 16 * KiB,
  /** Handed to a data channel at most; more makes some implementations fail. */
  channelQueueBytes: 256 * KiB,

  // --- clients of other wires ----------------------------------------------------------------------------------
  /** What a client wants to hear back when its updates are stored: a number. */
  markBytesMax: 16,
  /** Such marks, and messages with updates, that are not stored yet; of more, the oldest are answered with the others. */
  unstoredMarksMax: 1_000,

  // --- imports -------------------------------------------------------------------------------------------------
  /** A JSON or a text that a document is to become: it is compared and applied in one go, and others wait meanwhile. */
  importedBytesMax: 8 * MiB,
  /** Lists and objects in each other: deeper ones overflow the stack of whoever walks through them. */
  importedDepthMax: 100,
  /** Lines, words or items that are compared one by one: a quarter of a second at worst. */
  comparedItemsMax: 4_000,

  // --- presence ------------------------------------------------------------------------------------------------
  /** One peer's state (name, colour, carets) as JSON. */
  presenceStateBytesMax: 4 * KiB,
  /** Presence states a document keeps: beyond, newcomers are not shown. */
  presenceStatesMax: 1_000,
  /** Clocks of those who left, kept so that a late message does not bring them back. */
  presenceGoneMax: 1_000,
  presenceRenewMs: 15_000,
  presenceGoneMs: 30_000,
  /** Changes of the own presence go out at most this often. */
  presenceEveryMs: 100,
} as const
