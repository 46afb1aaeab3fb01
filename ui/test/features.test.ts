import { beforeEach, describe, expect, it } from 'vitest'

import type { Choice } from '../src/state/routing.svelte'
import { choose, chooseAll, discard } from '../src/state/routing.svelte'
import { open, press, screen, waitFor, within } from './helpers'

const CLAUDE = 'm1'
const CODEGEMMA = 'm2'
const CODESTRAL = 'm3'
const to = (model: string, fallback: string | null = null): Choice => ({ kind: 'model', model, fallback })

describe('routes', () => {
  beforeEach(discard)

  it('are staged, and discarding leaves everything as it was', async () => {
    const back = await open('features')
    await screen.findByText('code_completions')
    choose('code_completions', to(CLAUDE))
    await screen.findByText('1 change')
    expect(screen.getByText('before: Codestral 22B, then Qwen2.5-Coder 7B')).toBeTruthy()
    await press('Discard')
    await waitFor(() => expect(screen.queryByText('1 change')).toBeNull())
    expect(back.calls.some((call) => call.name === 'set_routes')).toBe(false)
  })

  it('are reviewed as old and new, applied together, and can be undone', async () => {
    const back = await open('features')
    await screen.findByText('code_completions')
    choose('code_completions', to(CLAUDE))
    choose('duo_chat', { kind: 'disabled' })
    await screen.findByText('2 changes')
    await press('Review')
    const review = within(screen.getByRole('region', { name: 'What will change' }))
    expect(review.getByText('Codestral 22B, then Qwen2.5-Coder 7B')).toBeTruthy()
    expect(review.getByText('Disabled')).toBeTruthy()
    await press(/^Apply/)
    await screen.findByText('Applied 2 changes')
    await press('Undo')
    await waitFor(() => expect(back.calls.filter((call) => call.name === 'set_routes')).toHaveLength(2))
    expect(back.calls.findLast((call) => call.name === 'set_routes')?.input).toEqual([
      { feature: 'code_completions', route: to(CODESTRAL, 'm8'), reason_shown: true },
      { feature: 'duo_chat', route: to('m7', CLAUDE), reason_shown: true },
    ])
  })

  it('take an unfit model only after its reason was shown', async () => {
    const back = await open('features')
    await screen.findByText('code_completions')
    choose('duo_chat', to(CODEGEMMA))
    expect(await screen.findByText(/not made for conversation/)).toBeTruthy()
    expect(screen.queryByText('1 change')).toBeNull()
    await press('Use CodeGemma 7b-it all the same')
    await screen.findByText('1 change')
    expect(screen.getByText(/not made for conversation/)).toBeTruthy()
    await press(/^Apply/)
    await screen.findByText('Applied 1 change')
    expect(back.calls.find((call) => call.name === 'set_routes')?.input).toEqual([
      { feature: 'duo_chat', route: to(CODEGEMMA), reason_shown: true },
    ])
  })

  it('ask about an unfit fallback too, and leave it when told so', async () => {
    await open('features')
    await screen.findByText('code_completions')
    choose('duo_chat', to('m7', CODEGEMMA))
    await screen.findByText(/not made for conversation/)
    await press('Leave it')
    await waitFor(() => expect(screen.queryByText(/not made for conversation/)).toBeNull())
    expect(screen.queryByText('1 change')).toBeNull()
  })

  it('write out what they inherit, and follow their parent before it is applied', async () => {
    await open('features')
    const name = /^Model for Code explanation/
    const field = () => screen.getByLabelText(name).textContent
    await screen.findByText('code_completions')
    expect(field()).toContain('follows Chat: Mixtral 8x7B-it')
    choose('duo_chat', to(CLAUDE))
    await waitFor(() => expect(field()).toContain('follows Chat: Claude 3.5 Sonnet'))
  })

  it('of a whole group are set at once, and ask once for those that do not fit', async () => {
    await open('features')
    await screen.findByText('code_completions')
    chooseAll('Code suggestions', to(CODEGEMMA))
    await press(/^Use CodeGemma 7b-it all the same|^Use CodeGemma 7b-it for these/)
    await screen.findByText('2 changes')
    chooseAll('Merge requests', { kind: 'disabled' })
    await screen.findByText('6 changes')
  })

  it('below an unfit one stay as they are until it is confirmed', async () => {
    await open('features')
    await screen.findByText('code_completions')
    chooseAll('Chat', to(CODEGEMMA))
    await screen.findByText(/not made for conversation/)
    expect(screen.queryByText(/^\d+ changes?$/)).toBeNull()
    await press('Use CodeGemma 7b-it all the same')
    await screen.findByText(/^\d changes$/)
  })
})
