// What an editor is told and what it tells.

import type { JsonProblem } from './json'

export type EditorProps = {
  value: string
  /** Where the cursor stands, in UTF-16 units. */
  cursor?: number | undefined
  /** The name of the file; its ending tells the language. */
  file?: string
  /** Which document it is; another one has a history of changes of its own. */
  document?: string | number
  /** What a screen reader calls it. */
  label: string
  readonly?: boolean
  /** Whether lines have numbers. */
  numbers?: boolean
  placeholder?: string
  /** What is proposed at the cursor: Tab takes it, Ctrl → a word of it, Ctrl ↓ a line, Esc rejects it. */
  ghost?: string
  /** What is wrong, marked at its place. */
  problem?: JsonProblem | undefined
  /** Hears of every change of the text or the cursor that a person made. */
  onchange?: (change: { text: string; cursor: number }) => void
  onreject?: () => void
  autofocus?: boolean
}
