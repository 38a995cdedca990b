/** What a page can leave open. */

/** Counts what is made and not yet ended, from now on. */
export function watchResources() {
  const open = { timeouts: new Set<number>(), intervals: new Set<number>(), sockets: 0, channels: 0, connections: 0 }
  const setTimeout = window.setTimeout.bind(window)
  const clearTimeout = window.clearTimeout.bind(window)
  const setInterval = window.setInterval.bind(window)
  const clearInterval = window.clearInterval.bind(window)
  const before = {
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    WebSocket,
    BroadcastChannel,
    RTCPeerConnection,
  }
  window.setTimeout = ((run: () => void, ms?: number) => {
    const id: number = setTimeout(() => {
      open.timeouts.delete(id)
      run()
    }, ms)
    open.timeouts.add(id)
    return id
  }) as typeof setTimeout
  window.clearTimeout = (id) => {
    open.timeouts.delete(Number(id))
    clearTimeout(id)
  }
  window.setInterval = ((run: () => void, ms?: number) => {
    const id: number = setInterval(run, ms)
    open.intervals.add(id)
    return id
  }) as typeof setInterval
  window.clearInterval = (id) => {
    open.intervals.delete(Number(id))
    clearInterval(id)
  }
  window.WebSocket = class extends before.WebSocket {
    constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
      super(...parameters)
      open.sockets++
      this.addEventListener('close', () => open.sockets--)
    }
  }
  window.BroadcastChannel = class extends before.BroadcastChannel {
    constructor(name: string) {
      super(name)
      open.channels++
    }
    override close(): void {
      open.channels--
      super.close()
    }
  }
  window.RTCPeerConnection = class extends before.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      open.connections++
    }
    override close(): void {
      if (this.signalingState !== 'closed') open.connections--
      super.close()
    }
  }
  const count = () => ({ ...open, timeouts: open.timeouts.size, intervals: open.intervals.size })
  return {
    /** What is left, once nothing has changed for a while: a socket that was told to close takes its time. */
    async settled() {
      let [left, since] = [JSON.stringify(count()), performance.now()]
      while (performance.now() - since < 500) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        if (JSON.stringify(count()) !== left) [left, since] = [JSON.stringify(count()), performance.now()]
        if (Object.values(count()).every((number) => number === 0)) break
      }
      return count()
    },
    end: () => void Object.assign(window, before),
  }
}
