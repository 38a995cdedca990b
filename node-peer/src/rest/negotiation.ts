/** The forms in which a document can be had; the first is for those who do not care. */
const forms = ['application/json', 'text/plain', 'application/vnd.yjs.update'] as const

export type Form = (typeof forms)[number]

/** The form that an Accept header likes best; null when it likes none. */
export function formFor(accept: string | undefined): Form | null {
  if (accept === undefined || accept.trim() === '') return forms[0]
  const wishes = accept.split(',').map(wishOf)
  for (const wish of wishes.toSorted((a, b) => b.quality - a.quality)) {
    if (wish.quality === 0) break
    const form = forms.find((each) => matches(each, wish.type))
    if (form !== undefined) return form
  }
  return null
}

function wishOf(text: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 }
}

function matches(form: Form, type: string): boolean {
  return type === '*/*' || type === form || (type.endsWith('/*') && form.startsWith(type.slice(0, -1)))
}
