export function StartFailure({ why }: { readonly why: string }) {
  return (
    <main class="start-failure">
      <h1>This page could not start</h1>
      <p role="alert">{why}</p>
      <button type="button" class="button button-main" onClick={() => location.reload()}>
        Try again
      </button>
    </main>
  )
}
