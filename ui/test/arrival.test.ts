import { expect, it } from 'vitest'

import { fake } from '../src/backend/fake'
// Loaded before the page opens it.
import '../src/screens/Playground/Playground.svelte'
import { go, route } from '../src/state/router.svelte'
import { current, isRunning, run } from '../src/state/trial.svelte'
import { hold, open, type, waitFor } from './helpers'

// First in its file: the lists come in once.
it('leaves a trial alone that was sent before the lists had come in', async () => {
  const back = fake()
  const letGo = hold(back, 'list_features')
  const other = back.open
  back.open = (name, input, onEvent, onEnd) =>
    name === 'prompt' ? () => {} : other(name, input, onEvent, onEnd)
  await open('playground', [], { model: 'Mixtral 8x7B-it' }, back)
  await type('Message', 'hello')
  run()
  const { id } = current
  letGo()
  await waitFor(() => expect(route.query).not.toHaveProperty('model'))
  expect(current.id).toBe(id)
  expect(isRunning()).toBe(true)
})

it('does not show what an earlier link asked for', async () => {
  const back = fake()
  const letGo = hold(back, 'trial_of_request')
  await open('playground', [], { replay: '2390' }, back)
  await waitFor(() => expect(route.query).not.toHaveProperty('replay'))
  go('playground', [], { model: 'Mistral 7B-it' })
  await waitFor(() => expect(route.query).not.toHaveProperty('model'))
  const { id } = current
  letGo()
  await new Promise((done) => setTimeout(done))
  expect(current.id).toBe(id)
})
