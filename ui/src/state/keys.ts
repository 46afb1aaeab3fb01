// Whether a key press belongs to the screen, or to a field, a menu or a dialog.

const TAKEN =
  'input, textarea, select, [contenteditable], [role=dialog], [role=listbox], [role=radiogroup], [role=tablist], [role=combobox]'

export function isFree(event: KeyboardEvent): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false
  const target = event.target as Element | null
  if (target?.closest?.(TAKEN)) return false
  // A focused button or link keeps what activates it.
  const activates = event.key === ' ' || event.key === 'Enter'
  return !(activates && target?.closest?.('button, a'))
}
