import { beforeEach, describe, expect, it } from 'vitest'

import { diff } from '../src/parts/diff'
import { lineAt } from '../src/screens/Prompts/prompt.svelte'
import { discardAll } from '../src/state/drafts.svelte'
import { go } from '../src/state/router.svelte'
import { open, press, screen, type, waitFor, within } from './helpers'

const area = (label: string) => screen.findByLabelText<HTMLTextAreaElement>(label)

describe('the prompts', () => {
  beforeEach(discardAll)

  it('are grouped as the features are, searched, and marked when edited', async () => {
    await open('models', ['prompts'])
    const list = within(await screen.findByRole('navigation', { name: 'Prompts' }))
    await list.findByText('Merge requests')
    const row = (await list.findByText('Write a commit message')).closest('a')!
    expect(within(row).getByText('edited')).toBeTruthy()
    await type('Filter prompts', 'summarize_review')
    await waitFor(() => expect(list.queryByText('Write a commit message')).toBeNull())
    expect(list.getByText('Summarize a review')).toBeTruthy()
    await type('Filter prompts', '')
  })

  it('are saved, and a refusal stands at its field with the line selected', async () => {
    const back = await open('models', ['prompts', 'chat/explain_code', 'base'])
    await type('User', '{{ input }} {{ selected_text }}\n{% if %}')
    await press(/^Save/)
    await screen.findByText(/^The user text, line 2,/)
    const user = await area('User')
    expect(user.getAttribute('aria-invalid')).toBe('true')
    await waitFor(() => expect(user.value.slice(user.selectionStart, user.selectionEnd)).toBe('{% if %}'))
    await type('User', '{{ input }} {{ selected_text }}')
    await type('Most tokens', '900')
    await press(/^Save/)
    await screen.findByText('Saved Explain code')
    expect(back.calls.findLast((call) => call.name === 'save_prompt')?.input).toMatchObject({
      key: { id: 'chat/explain_code', family: 'base' },
      texts: { user: '{{ input }} {{ selected_text }}', max_tokens: 900, temperature: 0 },
    })
    await screen.findByText('Gatehouse brings 2,048')
  })

  it('are kept while one looks elsewhere, until they are discarded', async () => {
    await open('models', ['prompts', 'chat/explain_code', 'base'])
    await type('System', 'Be brief.')
    go('logs')
    await screen.findByRole('heading', { level: 1, name: 'Logs' })
    go('models', ['prompts', 'summarize_review', 'base'])
    const row = (await screen.findByText('unsaved')).closest('a')!
    expect(row.textContent).toContain('Explain code')
    go('models', ['prompts', 'chat/explain_code', 'base'])
    await screen.findByDisplayValue('Be brief.')
    await press('Discard')
    await waitFor(async () => expect((await area('System')).value).toMatch(/^You are GitLab Duo Chat/))
    expect(screen.queryByText('unsaved')).toBeNull()
  })

  it('show what differs, and are reset after a question', async () => {
    const back = await open('models', ['prompts', 'generate_commit_message', 'base'])
    ;(await screen.findByRole('radio', { name: 'Changes' })).click()
    const system = await screen.findByRole('region', { name: 'System' })
    expect(system.textContent).toMatch(/\+ The first line has at most 50 characters/)
    await press('Reset')
    const dialog = await screen.findByRole('dialog')
    within(dialog).getByRole('button', { name: 'Reset prompt' }).click()
    await screen.findByText('Reset Write a commit message')
    expect(back.calls.some((call) => call.name === 'reset_prompt')).toBe(true)
    await waitFor(() => expect(screen.queryByRole('radio', { name: 'Changes' })).toBeNull())
  })

  it('of a family of its own are removed, and it is asked like all others', async () => {
    await open('models', ['prompts', 'chat/explain_code', 'codegemma'])
    await press('Remove')
    const dialog = await screen.findByRole('dialog')
    within(dialog).getByRole('button', { name: 'Remove texts' }).click()
    await waitFor(() => expect(location.hash).toBe('#/models/prompts/chat%2Fexplain_code/base'))
    await waitFor(() => expect(screen.queryByText('copied')).toBeNull())
  })

  it('refuse numbers that are none before anyone is asked', async () => {
    const back = await open('models', ['prompts', 'chat/explain_code', 'base'])
    await type('Temperature', '3')
    await type('Most tokens', '1.5')
    await screen.findByText('From 0 to 2.')
    await screen.findByRole('button', { name: 'To correct: Temperature, Most tokens' })
    expect(screen.getByRole('button', { name: /^Save/ }).hasAttribute('disabled')).toBe(true)
    expect(back.calls.some((call) => call.name === 'save_prompt')).toBe(false)
  })

  it('take an input where the cursor was', async () => {
    await open('models', ['prompts', 'generate_commit_message', 'base'])
    const system = await area('System')
    system.focus()
    system.setSelectionRange(0, 3)
    await press('Put {{ diff }} into the text')
    await waitFor(async () => expect((await area('System')).value).toMatch(/^\{\{ diff \}\} write commit/))
  })
})

describe('a difference', () => {
  const said = (before: string, after: string) =>
    diff(before, after)?.map(({ kind, text }) => `${{ same: ' ', less: '-', more: '+' }[kind]}${text}`)

  it('keeps every line that both texts have', () => {
    expect(said('a\nb\nc', 'a\nx\nc')).toEqual([' a', '-b', '+x', ' c'])
    expect(said('', 'a')).toEqual(['+a'])
    expect(said('a\nb\nc', 'c\na\nb')).toEqual(['+c', ' a', ' b', '-c'])
    expect(said('a\nb\na\nb', 'b\na\nb\na')).toEqual(['-a', ' b', ' a', ' b', '+a'])
  })

  it('is not looked for where it would take too long', () => {
    const lines = (word: string) => Array.from({ length: 1200 }, (_, at) => `${word} ${at}`).join('\n')
    expect(diff(lines('a'), lines('b'))).toBeUndefined()
  })

  it('is found in the line that is named', () => {
    const text = 'one\ntwo\nthree'
    expect([1, 2, 3, 9].map((line) => text.slice(...lineAt(text, line)))).toEqual(['one', 'two', 'three', ''])
  })
})
