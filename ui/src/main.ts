import './app.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { choose, NoSession } from './backend'
import NoAccess from './shell/NoAccess.svelte'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has an #app')

choose().then(
  () => mount(App, { target }),
  (thrown: unknown) => {
    if (!(thrown instanceof NoSession)) console.error(thrown)
    mount(NoAccess, { target })
  },
)
