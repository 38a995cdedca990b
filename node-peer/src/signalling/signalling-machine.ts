/**
 * y-webrtc's signalling without IO (PROTOCOL.md [SG1] to [SG6]): who subscribes to which topic, who gets a publication,
 * who says too much and who fell silent. A socket is any value that tells it from others; it joins, is heard, leaves.
 */
import { closeCode } from '@knotwork/core'
import { Allowance } from './allowance.ts'
import { signallingLimits } from './signalling-limits.ts'
import { countedPublication, decodeSignalling, pong, type SignallingMessage } from './signalling-message.ts'

export type SignallingEvent<Socket> =
  | { readonly type: 'joined'; readonly socket: Socket }
  /** `text` is null for a binary frame. */
  | { readonly type: 'received'; readonly socket: Socket; readonly text: string | null }
  /** It answered a ping. */
  | { readonly type: 'ponged'; readonly socket: Socket }
  | { readonly type: 'left'; readonly socket: Socket }
  /** Some time has passed. */
  | { readonly type: 'looked' }

export type SignallingEffect<Socket> =
  | { readonly type: 'send'; readonly sockets: readonly Socket[]; readonly text: string }
  | { readonly type: 'ping'; readonly socket: Socket }
  /** The socket counts as left from here on. */
  | { readonly type: 'close'; readonly socket: Socket; readonly code: number; readonly reason: string }

interface Subscriber {
  readonly topics: Set<string>
  readonly messages: Allowance
  readonly copies: Allowance
  topicBytes: number
  heardAt: number
  isPinged: boolean
}

const { messagesBurst, messagesPerSecond, copiesBurst, copiesPerSecond } = signallingLimits

export class SignallingMachine<Socket> {
  readonly #subscribers = new Map<Socket, Subscriber>()
  readonly #topics = new Map<string, Set<Socket>>()

  /** Topics that somebody subscribes to. */
  get topicCount(): number {
    return this.#topics.size
  }

  get socketCount(): number {
    return this.#subscribers.size
  }

  handle(event: SignallingEvent<Socket>, now: number): readonly SignallingEffect<Socket>[] {
    if (event.type === 'looked') return this.#look(now)
    const { socket } = event
    if (event.type === 'joined') {
      this.#subscribers.set(socket, newcomer(now))
      return []
    }
    const subscriber = this.#subscribers.get(socket)
    // Closed by us a moment ago.
    if (subscriber === undefined) return []
    if (event.type === 'left') {
      this.#forget(socket, subscriber)
      return []
    }
    subscriber.heardAt = now
    subscriber.isPinged = false
    return event.type === 'ponged' ? [] : this.#received(socket, subscriber, { text: event.text, now })
  }

  #received(
    socket: Socket,
    subscriber: Subscriber,
    { text, now }: { readonly text: string | null; readonly now: number },
  ): readonly SignallingEffect<Socket>[] {
    if (!subscriber.messages.take(1, now)) return this.#refuse(socket, subscriber, 'too many messages')
    if (text === null) return this.#refuse(socket, subscriber, 'a binary frame, where only text is spoken')
    const decoded = decodeSignalling(text)
    if (!decoded.ok) return this.#refuse(socket, subscriber, decoded.error)
    return this.#obey(socket, subscriber, { message: decoded.value, now })
  }

  #obey(
    socket: Socket,
    subscriber: Subscriber,
    { message, now }: { readonly message: SignallingMessage; readonly now: number },
  ): readonly SignallingEffect<Socket>[] {
    switch (message.type) {
      case 'subscribe':
        for (const topic of message.topics) {
          const why = this.#subscribe(socket, subscriber, topic)
          if (why !== null) return this.#refuse(socket, subscriber, why)
        }
        return []
      case 'unsubscribe':
        for (const topic of message.topics) this.#unsubscribe(socket, subscriber, topic)
        return []
      case 'publish': {
        const sockets = [...(this.#topics.get(message.topic) ?? [])]
        if (!subscriber.copies.take(sockets.length, now)) return this.#refuse(socket, subscriber, 'too many copies')
        if (sockets.length === 0) return []
        return [{ type: 'send', sockets, text: countedPublication(message.text, sockets.length) }]
      }
      case 'ping':
        return [{ type: 'send', sockets: [socket], text: pong }]
      case 'skipped':
        return []
    }
  }

  /** Why not; null when it is subscribed. */
  #subscribe(socket: Socket, subscriber: Subscriber, topic: string): string | null {
    if (subscriber.topics.has(topic)) return null
    const { topicsPerSocketMax, topicBytesPerSocketMax } = signallingLimits
    const topicBytes = subscriber.topicBytes + Buffer.byteLength(topic)
    if (subscriber.topics.size >= topicsPerSocketMax) return `at most ${topicsPerSocketMax} topics at once`
    if (topicBytes > topicBytesPerSocketMax) return `at most ${topicBytesPerSocketMax} bytes of topics at once`
    subscriber.topics.add(topic)
    subscriber.topicBytes = topicBytes
    const subscribed = this.#topics.get(topic)
    if (subscribed === undefined) this.#topics.set(topic, new Set([socket]))
    else subscribed.add(socket)
    return null
  }

  #unsubscribe(socket: Socket, subscriber: Subscriber, topic: string): void {
    if (!subscriber.topics.delete(topic)) return
    subscriber.topicBytes -= Buffer.byteLength(topic)
    const subscribed = this.#topics.get(topic)
    subscribed?.delete(socket)
    if (subscribed?.size === 0) this.#topics.delete(topic)
  }

  #refuse(socket: Socket, subscriber: Subscriber, reason: string): readonly SignallingEffect<Socket>[] {
    this.#forget(socket, subscriber)
    return [{ type: 'close', socket, code: closeCode.garbage, reason }]
  }

  #forget(socket: Socket, subscriber: Subscriber): void {
    for (const topic of [...subscriber.topics]) this.#unsubscribe(socket, subscriber, topic)
    this.#subscribers.delete(socket)
  }

  #look(now: number): readonly SignallingEffect<Socket>[] {
    const effects: SignallingEffect<Socket>[] = []
    for (const [socket, subscriber] of [...this.#subscribers]) {
      const silentMs = now - subscriber.heardAt
      if (silentMs >= signallingLimits.silenceMs) {
        this.#forget(socket, subscriber)
        effects.push({ type: 'close', socket, code: closeCode.silent, reason: 'nothing was heard from you' })
      } else if (silentMs >= signallingLimits.pingAfterMs && !subscriber.isPinged) {
        subscriber.isPinged = true
        effects.push({ type: 'ping', socket })
      }
    }
    return effects
  }
}

function newcomer(now: number): Subscriber {
  return {
    topics: new Set(),
    messages: new Allowance({ burst: messagesBurst, perSecond: messagesPerSecond }, now),
    copies: new Allowance({ burst: copiesBurst, perSecond: copiesPerSecond }, now),
    topicBytes: 0,
    heardAt: now,
    isPinged: false,
  }
}
