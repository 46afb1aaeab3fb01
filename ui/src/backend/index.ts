// Picks the back end once, at the start. Screens use `backend` and never know which one it is.

import type { Backend } from './backend'

export { asError, type ApiError, type Backend } from './backend'
export { NoSession } from './session'

let chosen: Backend | undefined

function present(): Backend {
  if (chosen === undefined) throw new Error('no back end was chosen')
  return chosen
}

export const backend: Backend = {
  call: (name, ...input) => present().call(name, ...input),
  open: (name, input, onEvent, onEnd) => present().open(name, input, onEvent, onEnd),
  get chooseFiles() {
    return present().chooseFiles
  },
}

export function use(other: Backend): void {
  chosen = other
}

/** Chooses by where the page runs: in the window, in a screenshot, or in a browser. */
export async function choose(): Promise<void> {
  if ('__TAURI_INTERNALS__' in window) use((await import('./tauri')).tauri())
  else if (import.meta.env.MODE === 'fake')
    use((await import('./fake')).fake(location.search || '?state=full'))
  else {
    await (await import('./session')).signIn()
    use((await import('./http')).http())
  }
}
