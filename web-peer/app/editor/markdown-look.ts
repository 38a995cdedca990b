/** Markdown as it is typed, with class names that editor.css gives their look, light and dark. */
import { markdownKeymap, markdownLanguage } from '@codemirror/lang-markdown'
import { HighlightStyle, LanguageSupport, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const look = HighlightStyle.define([
  { tag: tags.heading1, class: 'md-heading md-heading-1' },
  { tag: tags.heading2, class: 'md-heading md-heading-2' },
  { tag: tags.heading3, class: 'md-heading md-heading-3' },
  { tag: [tags.heading4, tags.heading5, tags.heading6], class: 'md-heading' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.strikethrough, class: 'md-strike' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: tags.quote, class: 'md-quote' },
  {
    tag: [tags.processingInstruction, tags.contentSeparator, tags.labelName, tags.character, tags.escape],
    class: 'md-mark',
  },
])

// Not `markdown()`: that brings parsers for HTML, CSS and JavaScript along, more code than the rest of the page.
export const markdownLook: Extension = [
  new LanguageSupport(markdownLanguage),
  syntaxHighlighting(look),
  keymap.of(markdownKeymap),
]
