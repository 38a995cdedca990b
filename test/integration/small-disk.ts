import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A real file system of 24 MB that can be filled. */
export class SmallDisk implements Disposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Mounts one at `path`; a text says why that cannot be done here. */
  static mount(path: string): SmallDisk | string {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting a small disk needs Linux and root'
    try {
      mkdirSync(path)
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path], { stdio: 'pipe' })
      return new SmallDisk(path)
    } catch (thrown) {
      return `a small disk cannot be mounted here: ${String(thrown)}`
    }
  }

  /** Leaves so many bytes free. */
  async fill(leftBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.path)
    await writeFile(join(this.path, 'ballast'), new Uint8Array(bavail * bsize - leftBytes))
  }

  async free(): Promise<void> {
    await rm(join(this.path, 'ballast'), { force: true })
  }

  [Symbol.dispose](): void {
    // Lazily: whatever a failed test has left open there does not keep it.
    execFileSync('/bin/umount', ['-l', this.path])
  }
}
