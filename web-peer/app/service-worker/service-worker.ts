/**
 * Keeps the files of this page, all of one version, and serves them first: the page opens at once and with no server.
 * Whatever is not a file of the page (links, the REST interface) goes past it.
 */
declare const self: ServiceWorkerGlobalScope

/** Put in by the build: the files of the page by their path, and a hash over all of them. */
declare const PAGE_FILES: readonly string[]
declare const PAGE_VERSION: string

const prefix = 'knotwork page '
const cacheName = prefix + PAGE_VERSION
/** Tabs of the version before may still ask for its files. */
const versionsKept = 2

const { scope } = self.registration
const files = new Set(PAGE_FILES.map((path) => new URL(path, scope).href))

self.addEventListener('install', (event) => {
  event.waitUntil(install())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { href } = pageUrl(request)
  if (request.method === 'GET' && files.has(href)) event.respondWith(answer(request, href))
})

async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  await cache.addAll([...files].map((url) => new Request(url, { cache: 'no-cache' })))
  await self.skipWaiting()
}

async function activate(): Promise<void> {
  const versions = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName)
  await Promise.all(versions.slice(0, versions.length - versionsKept + 1).map((name) => caches.delete(name)))
  await self.clients.claim()
}

/** Without query and hash; the page is kept under its own address. */
function pageUrl(request: Request): URL {
  const url = new URL(request.url)
  url.search = ''
  url.hash = ''
  return url.href === new URL('index.html', scope).href ? new URL(scope) : url
}

async function answer(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(cacheName)
  return (await cache.match(url)) ?? (await caches.match(url)) ?? fetch(request)
}
