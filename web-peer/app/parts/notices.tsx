import { dismiss, notices } from '../model/notices.ts'
import { Icon } from './icon.tsx'

export function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice notice-${notice.tone}`} role={notice.tone === 'bad' ? 'alert' : undefined}>
          <p dir="auto">{notice.text}</p>
          {notice.action !== undefined && (
            <button
              type="button"
              class="button button-quiet"
              onClick={() => {
                notice.action?.run()
                dismiss(notice)
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button type="button" class="button button-icon" aria-label="Dismiss" onClick={() => dismiss(notice)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
