import { notify } from './model/notices.ts'

/**
 * Lets a service worker keep the page's own files, so that it opens with no server in reach. Browsers offer that to
 * secure pages only (https, or this very machine); elsewhere the page works as long as it is open.
 */
export function keepPageOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  const isUpdate = serviceWorker.controller !== null
  serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch((thrown: unknown) => {
    // With the server away this is the usual case, and the worker from before goes on.
    console.info('knotwork: the service worker was not renewed', thrown)
  })
  serviceWorker.addEventListener('controllerchange', () => {
    if (!isUpdate) return
    notify({
      id: 'update',
      tone: 'plain',
      text: 'A newer version of this page is ready.',
      action: { label: 'Reload', run: () => location.reload() },
    })
  })
}
