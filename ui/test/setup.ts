// Before anything that begins a timer.
import './timers'

import { cleanup, configure } from '@testing-library/svelte'
import { afterEach } from 'vitest'

import { discardAll } from '../src/state/drafts.svelte'

// A busy machine is no failure.
configure({ asyncUtilTimeout: 8000 })

// happy-dom has no layout, and some parts ask for it.
Element.prototype.scrollIntoView ??= () => {}
Element.prototype.hasPointerCapture ??= () => false
Element.prototype.setPointerCapture ??= () => {}
Element.prototype.releasePointerCapture ??= () => {}

afterEach(() => {
  cleanup()
  discardAll()
  location.hash = ''
})
// Nothing is laid out: a list would have no height, and so no rows.
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 })
