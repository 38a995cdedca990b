/**
 * One run of a process, from its start to its end. Everything that happens to it comes through `deliver`, so a paused
 * process gets nothing until it goes on, and one that is over gets nothing for ever. Whatever it wants of the world it
 * asks through a port, and each port first asks `mayAct`: a crash can therefore fall between any two port calls of one
 * event, as between two sends.
 */
import type { Scheduler } from './scheduler.ts'

export class Life {
  readonly scheduler: Scheduler
  #isOver = false
  #isPaused = false
  #backlog: (() => void)[] = []
  #fuse: { left: number; readonly crash: () => void } | null = null
  readonly #endings: (() => void)[] = []

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  deliver(run: () => void): void {
    if (this.#isOver) return
    if (this.#isPaused) this.#backlog.push(run)
    else run()
  }

  /** As `deliver`, but later. */
  after(delayMs: number, run: () => void): () => void {
    return this.scheduler.after(delayMs, () => this.deliver(run))
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    const backlog = this.#backlog
    this.#backlog = []
    for (const run of backlog) this.after(0, run)
  }

  /** Asked by every port call that changes something outside the process. */
  mayAct(): boolean {
    if (this.#isOver) return false
    if (this.#fuse !== null && --this.#fuse.left < 0) {
      const { crash } = this.#fuse
      this.#fuse = null
      crash()
    }
    return !this.#isOver
  }

  /** Crashes in the middle of things: at the port call after the next `calls`. */
  setFuse(calls: number, crash: () => void): void {
    this.#fuse = { left: calls, crash }
  }

  clearFuse(): void {
    this.#fuse = null
  }

  whenOver(run: () => void): void {
    this.#endings.push(run)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#backlog = []
    for (const run of this.#endings.splice(0)) run()
  }
}
