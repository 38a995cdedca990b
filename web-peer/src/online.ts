/** When a page may find its network back: the browser says so, or the page is looked at again after its timers slept. */
export function whenOnline(run: () => void): () => void {
  const shown = (): void => {
    if (document.visibilityState === 'visible') run()
  }
  addEventListener('online', run)
  addEventListener('pageshow', run)
  document.addEventListener('visibilitychange', shown)
  return () => {
    removeEventListener('online', run)
    removeEventListener('pageshow', run)
    document.removeEventListener('visibilitychange', shown)
  }
}
