// The keys of the playground, in every mode.

import type { TrialMode } from '../../api/TrialMode'
import { current, enter, isRunning, stopAll } from '../../state/trial.svelte'

const MODES: TrialMode[] = ['chat', 'completion', 'generation', 'raw']

export type Acts = {
  onnew: () => void
  /** What is closed before anything is stopped; says whether something was. */
  onescape: () => boolean
}

/** Acts on a key and says whether it did. */
export function act(event: KeyboardEvent, { onnew, onescape }: Acts): boolean {
  if (event.isComposing || event.defaultPrevented) return false
  const isControl = event.ctrlKey || event.metaKey
  if (event.key === 'Escape' && !isControl) {
    // What floats takes the key for itself.
    const floats = document.querySelector('.scrim, .menu, [role=dialog]')
    if (floats) return false
    if (onescape()) return true
    if (!isRunning()) return false
    stopAll()
    return true
  }
  if (!isControl || event.altKey) return false
  if (event.key === '.') stopAll()
  else if (event.shiftKey && event.key.toLowerCase() === 'm') nextMode()
  else if (!event.shiftKey && event.key.toLowerCase() === 'n') onnew()
  else if (!event.shiftKey && /^[1-4]$/.test(event.key)) return focus(Number(event.key) - 1)
  else return false
  return true
}

export function nextMode(): void {
  const at = MODES.indexOf(current.trial.mode)
  enter(MODES[(at + 1) % MODES.length] ?? 'chat')
}

function focus(column: number): boolean {
  const found = document.querySelector<HTMLElement>(`[data-column="${column}"]`)
  found?.focus()
  return found !== null
}
