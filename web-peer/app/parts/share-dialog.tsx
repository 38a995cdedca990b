import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { QrCode } from './qr-code.tsx'

interface ShareProps {
  readonly link: string
  /** The link holds the network's token. */
  readonly hasToken: boolean
}

export function ShareButton({ link, hasToken }: ShareProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = useSignal(false)
  return (
    <>
      <button
        type="button"
        class="button button-main"
        onClick={() => {
          isOpen.value = true
          dialog.current?.showModal()
        }}
      >
        <Icon name="share" />
        <span class="button-words">Share</span>
      </button>
      <dialog
        ref={dialog}
        class="card share"
        aria-labelledby="share-title"
        onClose={() => (isOpen.value = false)}
        onClick={(event) => {
          // A click beside the card is one on the dialog itself.
          if (event.target === dialog.current) dialog.current?.close()
        }}
      >
        {isOpen.value && <ShareCard link={link} hasToken={hasToken} close={() => dialog.current?.close()} />}
      </dialog>
    </>
  )
}

function ShareCard({ link, hasToken, close }: ShareProps & { readonly close: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const said = useSignal<'Copy' | 'Copied' | 'Not copied'>('Copy')
  const copy = async () => {
    said.value = (await copied(link, field.current)) ? 'Copied' : 'Not copied'
  }
  return (
    <div class="share-card">
      <h2 id="share-title">Share this note</h2>
      <p>Whoever opens this link holds a full copy and can edit it, with this peer or without.</p>
      <div class="share-link">
        <input
          ref={field}
          type="text"
          readOnly
          value={link}
          aria-label="Link to this note"
          onFocus={(event) => event.currentTarget.select()}
        />
        <button
          ref={button}
          type="button"
          class="button button-main share-copy"
          aria-live="polite"
          onClick={() => void copy()}
        >
          {said.value}
        </button>
      </div>
      <QrCode text={link} />
      {isLoopback(location.hostname) && (
        <p class="share-hint">
          This address is of this device alone. For others to open it, start the peer with an address they can reach.
        </p>
      )}
      {hasToken && (
        <p class="share-hint">The link holds the token of this network: share it as you would share a key.</p>
      )}
      <button type="button" class="button button-quiet share-close" onClick={close}>
        Close
      </button>
    </div>
  )
}

/** Plain http pages have no clipboard of their own; the older way through a selection still works there. */
async function copied(text: string, field: HTMLInputElement | null): Promise<boolean> {
  const clipboard: Clipboard | undefined = navigator.clipboard
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text)
      return true
    }
  } catch {
    // Not allowed: the other way may be.
  }
  field?.select()
  return document.execCommand('copy')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '[::1]'
}
