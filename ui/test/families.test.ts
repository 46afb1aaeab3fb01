import { describe, expect, it } from 'vitest'

import { RECORDS } from '../src/backend/fake/families'
import { pieces } from '../src/parts/exchange/colours'
import { enter, leave } from '../src/screens/Families/record.svelte'
import { guessFamily } from '../src/state/families.svelte'
import { go } from '../src/state/router.svelte'
import { open, press, screen, type, waitFor, within } from './helpers'

describe('a family', () => {
  it('is copied, edited with its prompt in sight, and saved under a name of its own', async () => {
    const back = await open('models', ['families', 'codestral'])
    await press('Copy')
    await type('Title', 'Our Codestral')
    await type('FIM prompt', '[PREFIX]{prefix}')
    await screen.findByText(/needs \{prefix\} and \{suffix\} once each/)
    expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true)
    await type('FIM prompt', '[PREFIX]{prefix}[SUFFIX]{suffix}')
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(false),
    )
    await press('Save')
    await screen.findByText('Saved Our Codestral')
    expect(back.calls.find((call) => call.name === 'save_family')?.input).toMatchObject({
      is_new: true,
      record: { name: 'codestral-copy', based_on: 'codestral', stop_ids: [2, 11, 13] },
    })
  })

  it('says at the field what is wrong, and is kept until it is discarded', async () => {
    await open('models', ['families', 'codestral', 'copy'])
    const field = await type('FIM prompt', '[PREFIX]{prefix}')
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'))
    await press('To correct: FIM prompt')
    await waitFor(() => expect(document.activeElement).toBe(field))
    go('logs')
    await screen.findByRole('heading', { level: 1, name: 'Logs' })
    go('models', ['families', 'mixtral'])
    expect((await screen.findByText('unsaved')).closest('a')?.getAttribute('href')).toContain('copy')
    go('models', ['families', 'codestral', 'copy'])
    await screen.findByDisplayValue('[PREFIX]{prefix}')
    await press('Discard')
    await waitFor(() => expect(screen.queryByText('unsaved')).toBeNull())
  })

  it('does not mark a mended field while another one keeps it from being asked about', async () => {
    await open('models', ['families', 'codestral', 'copy'])
    await type('FIM prompt', '[PREFIX]{prefix}')
    await screen.findByRole('button', { name: 'To correct: FIM prompt' })
    await type('Context', 'many')
    await type('FIM prompt', '[PREFIX]{prefix}[SUFFIX]{suffix}')
    await screen.findByRole('button', { name: 'To correct: Context' })
    await press('Discard')
  })

  it('names every field that holds no number, and asks nobody about such a record', async () => {
    const back = await open('models', ['families', 'codestral', 'copy'])
    await screen.findByDisplayValue('Mistral Codestral, copy')
    await waitFor(() => expect(back.calls.some((call) => call.name === 'preview_family')).toBe(true))
    const asked = () => back.calls.filter((call) => call.name === 'preview_family').length
    const before = asked()
    await type('Context', 'many')
    await type('Stop ids', '2, two')
    await screen.findByText('A whole number of tokens, such as 32768.')
    await screen.findByRole('button', { name: 'To correct: Stop ids, Context' })
    expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true)
    await type('Stop ids', '2, 11')
    await type('Context', '16000')
    await waitFor(() => expect(asked()).toBe(before + 1))
    expect(screen.queryByText(/^To correct/)).toBeNull()
  })

  it('shows what a variant has of its own and the form does not edit', async () => {
    await open('models', ['families', 'codegemma', 'copy'])
    const own = within(await screen.findByRole('group', { name: 'CodeGemma 7b-it' }))
    expect(own.getByText(/kept as it is/)).toBeTruthy()
    expect(own.getByText('No FIM, by chat')).toBeTruthy()
    expect(own.getByText('system turn')).toBeTruthy()
  })

  it('of one’s own is removed after a question, a built-in one never', async () => {
    const back = await open('models', ['families', 'codestral-house'])
    await press('Remove')
    const dialog = await screen.findByRole('dialog')
    within(dialog).getByRole('button', { name: 'Remove family' }).click()
    await screen.findByText('Removed Codestral, our finetune')
    expect(back.calls.some((call) => call.name === 'remove_family')).toBe(true)
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Remove' })).toBeNull())
  })

  it('keeps everything that its form does not show', () => {
    for (const record of RECORDS) {
      const kept = leave(enter(record), record)
      const plain = (value: typeof record) =>
        JSON.parse(
          JSON.stringify({
            ...value,
            variants: value.variants.map((one) => ({ ...one, context: one.context ?? null })),
          }),
        )
      expect(plain(kept)).toEqual(plain(record))
    }
  })

  it('colours tokens and holes, and nothing else', () => {
    const fim = RECORDS.find((one) => one.name === 'codestral')!.fim!
    expect(pieces(fim.template, fim).map((piece) => piece.kind)).toEqual(['suffix', 'hole', 'prefix', 'hole'])
    expect(pieces('[SUFFIX]{suffix}x', fim)[1]?.kind).toBeUndefined()
  })

  it('is guessed from the model’s own name', () => {
    const guesses = {
      'custom_openai/Mixtral-8x7B-Instruct-v0.1': 'mixtral',
      'openai/gpt-oss-20b': 'gpt_oss',
      'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0': 'claude_3',
      'mistralai/Devstral-Small-2507': 'devstral',
      'deepseek-ai/DeepSeek-V3.1': 'deepseek',
      'deepseek-coder-33b-instruct': 'deepseekcoder',
      'from-mistral/granite-8b-code': 'granite',
      'azure/o3-mini': 'gpt',
      whatever: 'general',
    }
    for (const [identifier, family] of Object.entries(guesses)) expect(guessFamily(identifier)).toBe(family)
  })
})
