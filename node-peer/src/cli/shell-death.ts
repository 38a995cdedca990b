/**
 * `npm start` and `npx knotwork` run the command in a shell. npm hands SIGTERM to that shell only, which dies of it and
 * leaves the peer behind, still holding its port and its data. So a peer started that way looks whether its shell
 * still lives, and takes its death for the signal that was meant.
 */
const lookEveryMs = 100

/** Ends the process with SIGTERM, in good order, when the shell that npm started it in is gone. */
export function endWithShell(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, lookEveryMs)
  watch.unref()
}
