import './app.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { choose, NoSession } from './backend'
import { warm } from './parts/editor/highlight'
import NoAccess from './shell/NoAccess.svelte'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has an #app')

/** How long the first screen has the page to itself. */
const FIRST = 1000

choose().then(
  () => {
    mount(App, { target })
    // Code without colours is still code.
    setTimeout(() => void warm().catch(() => {}), FIRST)
  },
  (thrown: unknown) => {
    if (!(thrown instanceof NoSession)) console.error(thrown)
    mount(NoAccess, { target })
  },
)
