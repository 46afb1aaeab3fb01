// Whether a key press belongs to the screen, or to a field, a menu or a dialog.

const TAKEN = 'input, textarea, select, [contenteditable], [role=dialog], [role=listbox], [role=combobox]'
/** What takes the arrows but leaves Escape to the screen. */
const WALKED = '[role=radiogroup], [role=tablist]'

export function isFree(event: KeyboardEvent): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false
  const target = event.target as Element | null
  if (target?.closest?.(TAKEN)) return false
  if (event.key !== 'Escape' && target?.closest?.(WALKED)) return false
  // A focused button or link keeps what activates it.
  const activates = event.key === ' ' || event.key === 'Enter'
  return !(activates && target?.closest?.('button, a'))
}
