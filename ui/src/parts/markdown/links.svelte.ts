// The address that a model wrote and somebody wants to open: nothing happens before it was read in full.

import { backend } from '../../backend'
import { tellProblem } from '../../state/toasts.svelte'

let asked = $state<string>()

export const links = {
  /** The address to confirm. */
  get asked() {
    return asked
  },
  close() {
    asked = undefined
  },
  open() {
    if (asked !== undefined) backend.call('open_link', asked).catch(tellProblem)
    asked = undefined
  },
}

export function follow(address: string): void {
  asked = address
}
