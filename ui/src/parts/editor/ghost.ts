// Text in an editor that is not in its file: what a model proposes at the cursor. Knows nothing of models.

import { StateEffect, StateField, type Extension } from '@codemirror/state'
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view'

class Ghost extends WidgetType {
  constructor(readonly text: string) {
    super()
  }
  override eq(other: Ghost): boolean {
    return other.text === this.text
  }
  override get lineBreaks(): number {
    return this.text.split('\n').length - 1
  }
  override toDOM(): HTMLElement {
    const shown = document.createElement('span')
    shown.className = 'cm-ghost'
    // It is announced beside the editor; a reader of the file would take it for a part of it.
    shown.ariaHidden = 'true'
    shown.textContent = this.text
    return shown
  }
  override ignoreEvent(): boolean {
    return false
  }
}

const put = StateEffect.define<string>()

const place = (text: string, at: number): DecorationSet =>
  text === ''
    ? Decoration.none
    : Decoration.set(Decoration.widget({ widget: new Ghost(text), side: 1 }).range(at))

const field = StateField.define<{ text: string; shown: DecorationSet }>({
  create: () => ({ text: '', shown: Decoration.none }),
  update(value, transaction) {
    const { head } = transaction.state.selection.main
    for (const effect of transaction.effects)
      if (effect.is(put)) return { text: effect.value, shown: place(effect.value, head) }
    if (!transaction.docChanged && !transaction.selection) return value
    // Whoever put it there decides what of it still holds; until then nothing wrong is shown.
    return { text: '', shown: Decoration.none }
  },
  provide: (own) => EditorView.decorations.from(own, ({ shown }) => shown),
})

export const ghosts: Extension = field
export const ghostOf = (view: EditorView): string => view.state.field(field).text

/** Shows a text at the cursor in the place of the one that is there; an empty one shows nothing. */
export function showGhost(view: EditorView, text: string): void {
  if (ghostOf(view) !== text) view.dispatch({ effects: put.of(text) })
}

/** The part of a text up to the end of its first word, with the space before it. */
export const firstWord = (text: string): string =>
  /^\s*(?:[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+)/u.exec(text)?.[0] ?? text

/** The part of a text up to the end of its first line that has something in it. */
export const firstLine = (text: string): string => /^\s*[^\n]*/.exec(text)?.[0] ?? text

/** Makes a part of the ghost real, so that undo takes just this part back; false when there is none. */
export function accept(view: EditorView, part: (text: string) => string = (text) => text): boolean {
  const text = part(ghostOf(view))
  if (text === '' || view.state.readOnly) return false
  const { head } = view.state.selection.main
  view.dispatch({
    changes: { from: head, insert: text },
    selection: { anchor: head + text.length },
    userEvent: 'input.complete',
    scrollIntoView: true,
  })
  return true
}
