import { render } from 'preact'
import { App } from './parts/app.tsx'
import { StartFailure } from './parts/start-failure.tsx'
import { notify } from './model/notices.ts'
import { Session } from './model/session.ts'
import { keepPageOffline } from './offline-page.ts'

const place = document.querySelector('#page')
if (place === null) throw new Error('index.html lacks its #page')

// Whatever nobody caught is shown: a page that fails in silence looks like a page that has saved.
const failed = (thrown: unknown) => {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  notify({ id: 'unexpected', tone: 'bad', text: `Something went wrong in this page: ${why}` })
}
window.addEventListener('error', ({ error, message }) => failed(error ?? message))
window.addEventListener('unhandledrejection', ({ reason }) => failed(reason))

keepPageOffline()
try {
  const session = await Session.start()
  render(<App session={session} />, place)
} catch (thrown) {
  render(<StartFailure why={thrown instanceof Error ? thrown.message : String(thrown)} />, place)
}
