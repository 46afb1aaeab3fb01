import { afterEach, describe, expect, it } from 'vitest'

import { fake } from '../src/backend/fake'
import { begin, changed, faults, leaveFiles, pieces, ruleOf } from '../src/screens/Settings/settings.svelte'
import { discardAll } from '../src/state/drafts.svelte'
import { dismiss, toasts } from '../src/state/toasts.svelte'
import { hold, open, press, screen, type, waitFor } from './helpers'

afterEach(() => {
  discardAll()
  for (const { id } of [...toasts.shown]) dismiss(id)
})

const saved = (back: ReturnType<typeof fake>, name: string) =>
  back.calls.filter((call) => call.name === name).map((call) => call.input)

describe('the settings', () => {
  const log = { keep_days: 30, keep_megabytes: 1000 }
  const files = {
    gateway: { to: 'off' as const },
    llm: { to: 'stdout' as const },
    level: 'info' as const,
    json: true,
    rotate_megabytes: 100,
    rotate_days: 1,
    keep_files: 14,
  }

  it('differ by what would be saved, not by what was typed beside it', () => {
    const form = begin(log, files, { off: ['emails', 'api_keys'], own: [] })
    form.entered.files.gateway.path = '/var/log/x.log'
    form.entered.rules.off = ['api_keys', 'emails']
    expect(changed(form)).toEqual([])
    form.entered.files.gateway.to = 'file'
    expect(changed(form)).toEqual(['files'])
    expect(leaveFiles(form.entered).gateway).toEqual({ to: 'file', path: '/var/log/x.log' })
  })

  it('are wrong outside of their ranges and without a path', () => {
    const { entered } = begin(log, files, { off: [], own: [] })
    expect(faults(entered)).toEqual({})
    entered.log.keep_days = '0'
    entered.files.rotate_days = '1.5'
    entered.files.gateway.to = 'file'
    expect(Object.keys(faults(entered)).sort()).toEqual(['gateway', 'keep_days', 'rotate_days'])
  })

  it('know which rule an error is about', () => {
    const own = ['a', 'b', 'a', ''].map((name) => ({ name, pattern: 'x' }))
    const rules = { off: [], own }
    expect(ruleOf('the redaction rule "b" stands twice', rules)).toBe(1)
    expect(ruleOf('the redaction rule "a" stands twice', rules)).toBe(2)
    expect(ruleOf('the redaction rule "" needs a name', rules)).toBe(3)
    expect(ruleOf('something else', rules)).toBe(-1)
  })

  it('show each mark of a redacted text', () => {
    expect(pieces('a [REDACTED], [REDACTED]')).toEqual([
      { text: 'a ', isMark: false },
      { text: '[REDACTED]', isMark: true },
      { text: ', ', isMark: false },
      { text: '[REDACTED]', isMark: true },
    ])
  })
})

describe('the settings screen', () => {
  it('saves how long rows are kept, and nothing that did not change', async () => {
    const back = await open('settings')
    await type('Keep requests for', '9000')
    await screen.findByText('From 1 to 3,650.')
    expect(screen.getByRole('button', { name: /^Save/ }).hasAttribute('disabled')).toBe(true)
    await type('Keep requests for', '7')
    await press(/^Save/)
    await waitFor(() => expect(saved(back, 'save_log_settings')).toMatchObject([{ keep_days: 7 }]))
    expect(saved(back, 'save_redaction')).toEqual([])
    await waitFor(() => expect(screen.queryByRole('region', { name: 'Staged changes' })).toBeNull())
  })

  it('keeps what is typed while it is saved', async () => {
    const back = fake()
    const letGo = hold(back, 'save_log_settings')
    await open('settings', [], {}, back)
    await type('Keep requests for', '7')
    await press(/^Save/)
    await type('Keep requests for', '9')
    letGo()
    await screen.findByText('Saved')
    expect(await screen.findByLabelText('Keep requests for')).toHaveProperty('value', '9')
    await press(/^Save/)
    await waitFor(() =>
      expect(saved(back, 'save_log_settings')).toMatchObject([{ keep_days: 7 }, { keep_days: 9 }]),
    )
  })

  it('tries a pattern on the sample before it is saved, and marks what it finds', async () => {
    const back = await open('settings', ['redaction'])
    await press('Add a pattern')
    await type('Label of pattern 1', 'badge')
    await type('Pattern 1', 'EMP-(')
    const wrong = await screen.findByText(/redaction rule "badge" is no regular expression/)
    expect(wrong.closest('[role=status]')?.id).toBe(
      screen.getByLabelText('Pattern 1').getAttribute('aria-describedby'),
    )
    expect(screen.getByRole('button', { name: /^Save/ }).hasAttribute('disabled')).toBe(true)
    await type('Pattern 1', 'EMP-\\d{6}')
    await screen.findByText('1 × badge')
    expect(document.querySelectorAll('mark')).toHaveLength(4)
    await press(/^Save/)
    const rule = { name: 'badge', pattern: 'EMP-\\d{6}' }
    await waitFor(() => expect(saved(back, 'save_redaction')).toMatchObject([{ off: [], own: [rule] }]))
  })

  it('keeps what was saved when a later part is refused, and says which', async () => {
    const back = fake()
    back.table.save_log_files = () => {
      throw { code: 'invalid', message: 'The log file is inside the data folder.', hint: 'Choose another.' }
    }
    await open('settings', [], {}, back)
    await type('Keep requests for', '8')
    await type('Keep', '3')
    await screen.findByText('2 changes')
    await press(/^Save/)
    await screen.findByText('The log file is inside the data folder.')
    await screen.findByText('1 change')
    expect((screen.getByLabelText('Keep') as HTMLInputElement).value).toBe('3')
  })

  it('does not lose what was typed by a look elsewhere', async () => {
    await open('settings')
    await type('And at most', '50')
    await screen.findByText('1 change')
    location.hash = '#/logs'
    await screen.findByRole('heading', { level: 1, name: 'Logs' })
    location.hash = '#/settings'
    await waitFor(() => expect((screen.getByLabelText('And at most') as HTMLInputElement).value).toBe('50'))
  })
})
