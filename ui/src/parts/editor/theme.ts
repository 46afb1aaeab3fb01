// How an editor looks: the tokens of tokens.css, so that light and dark need no second thought.

import { syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'

import { colours } from './colours'

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--bg)', color: 'var(--text)', fontSize: 'var(--fs-13)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    fontVariantLigatures: 'none',
    lineHeight: '22px',
    overscrollBehavior: 'contain',
  },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--accent-line)' },
  '.cm-line': { padding: '0 16px 0 0' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--text-3)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '52px', padding: '0 16px 0 0' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in oklab, var(--text) 5%, transparent)',
  },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text-2)' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '2px solid var(--accent-line)', marginLeft: '-1px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in oklab, var(--accent-line) 24%, transparent)',
  },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--bg-press)', color: 'inherit' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--failed-soft)', color: 'inherit' },
  '.k': { color: 'var(--syn-keyword)' },
  '.s': { color: 'var(--syn-string)' },
  '.n': { color: 'var(--syn-name)' },
  '.d': { color: 'var(--syn-number)' },
  '.c': { color: 'var(--syn-comment)' },
  '.cm-ghost': { color: 'var(--ghost)', fontStyle: 'italic', whiteSpace: 'pre' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--bg-float)',
    border: 'var(--border-strong)',
    borderRadius: 'var(--r-2)',
    boxShadow: 'var(--shadow-float)',
    fontFamily: 'var(--font-ui)',
  },
  '.cm-diagnostic': { padding: '4px 8px', borderLeft: '0', color: 'var(--failed-text)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--failed) 1px',
    textUnderlineOffset: '3px',
    backgroundColor: 'var(--failed-soft)',
  },
  '.cm-lintPoint-error:after': { borderBottomColor: 'var(--failed)' },
})

export const theme = [look, syntaxHighlighting(colours)]
