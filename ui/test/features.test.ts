import { beforeEach, describe, expect, it } from 'vitest'

import { choose, discard } from '../src/state/routing.svelte'
import { open, press, screen, waitFor } from './helpers'

describe('routes', () => {
  beforeEach(discard)

  it('are staged, and discarding leaves everything as it was', async () => {
    const back = await open('features')
    await screen.findByText('code_completions')
    choose('code_completions', 'm1')
    await screen.findByText('1 change')
    expect(screen.getByText('before: Codestral 22B')).toBeTruthy()
    await press('Discard')
    await waitFor(() => expect(screen.queryByText('1 change')).toBeNull())
    expect(back.calls.some((call) => call.name === 'set_routes')).toBe(false)
  })

  it('are applied together and can be undone', async () => {
    const back = await open('features')
    await screen.findByText('code_completions')
    choose('code_completions', 'm1')
    choose('code_generations', null)
    await screen.findByText('2 changes')
    await press(/^Apply/)
    await screen.findByText('Applied 2 changes')
    await press('Undo')
    await waitFor(() => expect(back.calls.filter((call) => call.name === 'set_routes')).toHaveLength(2))
    expect(back.calls.findLast((call) => call.name === 'set_routes')?.input).toEqual([
      { feature: 'code_completions', model: 'm3' },
      { feature: 'code_generations', model: 'm1' },
    ])
  })

  it('say why a model does not fit, and take it all the same', async () => {
    await open('features')
    await screen.findByText('code_completions')
    choose('duo_chat', 'm3')
    expect(await screen.findByText(/made for code, not for conversation/)).toBeTruthy()
    expect(screen.getByRole('button', { name: /^Apply/ }).hasAttribute('disabled')).toBe(false)
  })
})
