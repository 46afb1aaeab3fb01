import { beforeEach, describe, expect, it } from 'vitest'

import { fake } from '../src/backend/fake'
import { use } from '../src/backend'
import { begin, current, isRunning, link, run, runColumn, stopAll } from '../src/state/trial.svelte'
import { commands } from '../src/screens/Playground/commands'
import { panels } from '../src/screens/Playground/panels.svelte'
import { go } from '../src/state/router.svelte'
import { fireEvent, open, press, screen, type, waitFor, within } from './helpers'
import { answerOf, asked, converse, done, said, spoken, twoSpoken, type Stream } from './spoken'

beforeEach(() => {
  use(fake())
  stopAll()
})

describe('the playground', () => {
  it('says how fast an answer comes while it comes, about as far as its chunks tell', async () => {
    const { back, streams } = asked('Count', 'Mixtral 8x7B-it')
    await open('playground', [], {}, back)
    for (let chunk = 0; chunk < 40; chunk++) streams[0]!.say(said('n ', 1))
    const foot = await screen.findByRole('group', { name: 'What the last answer took' })
    await waitFor(() => expect(foot.textContent).toMatch(/~\d+ tok\/s.*out ~40/), { timeout: 4000 })
    streams[0]!.say(done)
    await waitFor(() => expect(foot.textContent).not.toContain('~'))
  })

  it('shows hostile markup as text and opens a link only after it was read in full', async () => {
    const { back, streams } = spoken()
    begin({ columns: [{ model: 'duo_chat', parameters: {}, turns: [] }] })
    await open('playground', [], {}, back)
    await type('Message', 'Attack')
    await press(/^Send/)
    await waitFor(() => expect(streams.length).toBe(1))
    const hostile = `<img src=x onerror="alert(1)"> [click](https://evil.example/?a=b) [bad](javascript:alert(1))

\`\`\`html
<script>alert(1)</script>
`
    streams[0]!.say({ type: 'delta', text: hostile, reasoning: '<b>bold</b>' })
    streams[0]!.say(done)
    const article = await screen.findByRole('article')
    await within(article).findByText(/onerror/)
    expect(article.querySelector('img, script, b, a[href^=http], a[href^=java]')).toBeNull()
    expect(article.textContent).toContain('<script>alert(1)</script>')
    expect(article.textContent).toContain('<b>bold</b>')
    await press('click')
    expect(back.calls.some((call) => call.name === 'open_link')).toBe(false)
    await screen.findByText('https://evil.example/?a=b')
    await press('Open it')
    expect(back.calls.at(-1)).toEqual({ name: 'open_link', input: 'https://evil.example/?a=b' })
  })

  it('marks wrong JSON at its place and does not send before it is mended', async () => {
    begin({ columns: [{ model: 'duo_chat', parameters: {}, turns: [] }] })
    await open('playground')
    await type('Message', 'Hello')
    await press('Settings')
    await type('JSON schema of the answer', '{\n  "type": "object",\n  "a": tru\n}')
    await screen.findByText('Line 3, column 8: Here must be a value.')
    const send = () => screen.getByRole('button', { name: /^Send/ }).hasAttribute('disabled')
    expect(send()).toBe(true)
    await type('JSON schema of the answer', '{"type": "object"}')
    await waitFor(() => expect(send()).toBe(false))
    expect(current.trial.columns[0]?.parameters.schema).toEqual({ type: 'object' })
    // So is a number that is none, or out of range.
    await type('Temperature', '9')
    await screen.findByText(/^Temperature is not right yet/)
    expect(send()).toBe(true)
    await type('Temperature', '0.9')
    await waitFor(() => expect(send()).toBe(false))
    expect(current.trial.columns[0]?.parameters.temperature).toBe(0.9)
  })

  it('has the keyboard where it was after a preset was kept', async () => {
    panels.settle(undefined)
    begin({ columns: [{ model: 'duo_chat', parameters: {}, turns: [] }] })
    await open('playground')
    await press('Settings')
    await press('Save as preset')
    const name = (await screen.findByLabelText('Name of the preset')) as HTMLInputElement
    await type(name.getAttribute('aria-label') ?? '', 'Mine')
    name.form?.requestSubmit()
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Save as preset' })),
    )
  })

  it('marks the place that was refused, until what stands there is changed', async () => {
    begin()
    await open('playground')
    const column = current.trial.columns[0]!
    const tool = { name: 'search', description: '', parameters: { type: 'object' } }
    column.parameters = { tools: [tool, { ...tool }] }
    await type('Message', 'Why?')
    await press(/^Send/)
    await press('Open the settings')
    const names = () => screen.getAllByLabelText('Name')
    await waitFor(() =>
      expect(names().map((one) => one.getAttribute('aria-invalid'))).toEqual(['false', 'true']),
    )
    column.parameters = { tools: [tool, { ...tool, name: 'look_up' }] }
    await waitFor(() => expect(names()[1]!.getAttribute('aria-invalid')).toBe('false'))
  })

  /** The back end refuses what was asked last, at a place. */
  const refuse = (streams: Stream[], place: string) =>
    streams.at(-1)!.say({
      type: 'failed',
      error: { code: 'invalid', message: 'it cannot be read', hint: 'Choose another.', place },
      summary: { correlation_id: 'x', duration_ms: 1 },
    })

  it('marks the image that was refused, in the question that was asked with it', async () => {
    const { back, streams } = spoken()
    const image = 'data:image/png;base64,aaaa'
    begin({ columns: [{ model: 'one', parameters: {}, turns: [] }] })
    await open('playground', [], {}, back)
    current.trial.typed = 'What is it?'
    current.trial.images = [image, image]
    run()
    refuse(streams, 'ask.messages[0].images[1]')
    expect(await screen.findByAltText('Image 2: This image was refused.')).toBeTruthy()
    expect(screen.getByAltText('Image 1')).toBeTruthy()
    runColumn(0)
    refuse(streams, 'ask.messages[7].images[1]')
    await waitFor(() => expect(screen.queryByAltText(/refused/)).toBeNull())
  })

  it('marks the place of a raw body that was refused, until the body is changed', async () => {
    const { back, streams } = spoken()
    begin({ mode: 'raw', columns: [{ model: 'one', parameters: {}, turns: [] }] })
    current.trial.raw = { path: '/v1/chat/completions', body: '{\n  "n": 1e999\n}' }
    await open('playground', [], {}, back)
    runColumn(0)
    refuse(streams, 'ask.body:2:8')
    const mark = () => screen.queryByRole('button', { name: 'Show the place' })?.parentElement?.textContent
    await waitFor(() => expect(mark()).toContain('it cannot be read Choose another.'))
    current.trial.raw = { path: '/v1/chat/completions', body: '{\n  "model": "one"\n}' }
    await waitFor(() => expect(mark()).toBeUndefined())
    // A trial goes on in the mode of the one before it.
    begin({ mode: 'chat' })
  })

  it('says that a raw answer broke off, and not so of one that says why it was refused', async () => {
    const { back, streams } = spoken()
    begin({ mode: 'raw', columns: [{ model: 'one', parameters: {}, turns: [] }] })
    current.trial.raw = { path: '/v1/chat/completions', body: '{}' }
    await open('playground', [], {}, back)
    const fails = (status: number) => {
      runColumn(0)
      streams.at(-1)!.say(said('{"error": 1}'))
      const error = { code: 'upstream', message: 'no', hint: 'Mend it.' } as const
      streams.at(-1)!.say({ type: 'failed', error, summary: { correlation_id: 'x', duration_ms: 1, status } })
    }
    fails(200)
    await screen.findByText(/^Broken off here/)
    fails(404)
    await waitFor(() => expect(screen.queryByText(/^Broken off here/)).toBeNull())
    expect(answerOf(0)?.text).toBe('{"error": 1}')
    runColumn(0)
    stopAll()
    await screen.findByText('Stopped before anything arrived.')
    begin({ mode: 'chat' })
  })

  it('leaves an answered trial as it was when the palette goes to another mode', () => {
    const { streams } = asked('Why?', 'one')
    streams[0]!.say(said('Because.'))
    streams[0]!.say(done)
    go('playground')
    const id = current.id
    commands()
      .find((one) => one.id === 'trial-mode-raw')!
      .run()
    expect(current.trial.mode).toBe('raw')
    expect(current.id).not.toBe(id)
    expect(answerOf(0)).toBeUndefined()
    begin({ mode: 'chat' })
  })

  it('sends a request that was asked once more, as a raw body', async () => {
    begin({ columns: [{ model: 'duo_chat', parameters: {}, turns: [] }] })
    await open('playground')
    await type('Message', 'Hello')
    await press(/^Send/)
    await waitFor(() => expect(answerOf(0)?.state).toBe('done'), { timeout: 8000 })
    await press('Raw')
    await press('Edit as raw')
    await waitFor(() => expect(current.trial.mode).toBe('raw'))
    expect(current.trial.raw?.path).toBe('/v1/chat/completions')
    expect(current.trial.raw?.body).toContain('"messages"')
    expect(panels.tab).toBeUndefined()
    begin({ mode: 'chat' })
  })

  it('says how many turns an edited question left out, and brings them back', async () => {
    const { back, streams } = asked('Why?', 'one', 'two')
    converse(streams, 'And then?', 'And last?')
    await open('playground', [], {}, back)
    const edits = await screen.findAllByRole('button', { name: 'Edit and send again' })
    edits[0]!.click()
    const field = await type('Edit the question', 'How?')
    within(field.closest('article')!)
      .getByRole('button', { name: /^Send to both/ })
      .click()
    await screen.findByText('2 later turns left out.')
    expect(screen.queryByText('And last?')).toBeNull()
    await press('Undo')
    await waitFor(() => expect(screen.getAllByText('And last?')).toHaveLength(2))
    expect(isRunning()).toBe(false)
  })

  it('offers to ask again without the oldest turns where only the server knew what fits', async () => {
    const { back, streams } = asked('First', 'one')
    await open('playground', [], {}, back)
    const name = 'Trim and ask again'
    const overflow = () => {
      const hint = 'Trim the prompt: shorten or remove earlier turns, or lower max_tokens.'
      const error = { code: 'upstream', message: 'The prompt is 90 tokens too long.', hint } as const
      streams.at(-1)!.say({ type: 'failed', error, summary: { correlation_id: 'x', duration_ms: 1 } })
    }
    overflow()
    await screen.findByText('The prompt is 90 tokens too long.')
    expect(screen.queryByRole('button', { name })).toBeNull()
    runColumn(0)
    converse(streams, 'Second')
    runColumn(0)
    overflow()
    await press(name)
    await screen.findByText('1 turn dropped.')
    const messages = [{ role: 'user', content: 'Second' }]
    expect(streams.at(-1)!.request.ask).toEqual({ mode: 'chat', messages })
    await press('Undo')
    await screen.findByRole('button', { name })
    expect(current.trial.columns[0]!.turns.map((turn) => turn.answer?.state)).toEqual(['done', 'failed'])
  })

  it('sets the settings of the columns apart with those that all had', async () => {
    const { back } = twoSpoken()
    link(true)
    current.trial.columns[0]!.parameters = { temperature: 0.5 }
    await open('playground', [], {}, back)
    await press('Settings linked')
    await screen.findByRole('button', { name: 'Settings separate' })
    expect(current.trial.columns[1]!.parameters).toEqual({ temperature: 0.5 })
  })

  it('has its history closed by Escape where it lies over the trial', async () => {
    panels.settle(undefined)
    begin({ mode: 'raw' })
    await open('playground')
    await press('History')
    await screen.findByRole('complementary', { name: 'History' })
    await fireEvent.keyDown(document.body, { key: 'Escape' })
    await waitFor(() => expect(screen.queryByRole('complementary', { name: 'History' })).toBeNull())
    begin({ mode: 'chat' })
  })

  it('says what a GitLab call leaves out, and leaves it out', async () => {
    const { back, streams } = spoken()
    begin({
      sent_as: 'gitlab',
      system: 'Be brief.',
      columns: [{ model: 'one', parameters: { seed: 1 }, turns: [] }],
    })
    await open('playground', [], {}, back)
    await screen.findByText(/Left out of it: the instructions, the settings\./)
    await type('Message', 'Why?')
    await press(/^Send/)
    expect(streams.at(-1)!.request).toEqual({
      model: 'one',
      ask: { mode: 'chat', messages: [{ role: 'user', content: 'Why?' }] },
      sent_as: 'gitlab',
      parameters: {},
    })
  })

  it('repeats a logged request as a trial of its own', async () => {
    const back = fake()
    await open('playground', [], { replay: '2390' }, back)
    await waitFor(() => expect(current.trial.typed).toBe('Why does CREATE INDEX lock the table?'))
    const row = await back.call('get_request', 2390)
    expect(current.replays).toBe(row.correlation_id)
  })

  it('brings a deleted trial back as it was', async () => {
    const back = fake()
    begin()
    await open('playground', [], {}, back)
    const name = /More for Reviewer of migrations/
    const trigger = await screen.findByRole('button', { name })
    trigger.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, button: 0, pointerType: 'mouse' }))
    ;(await screen.findByRole('menuitem', { name: 'Delete' })).click()
    await screen.findByText('“Reviewer of migrations” deleted.')
    expect(screen.queryByRole('button', { name })).toBeNull()
    await press('Undo')
    await screen.findByRole('button', { name })
    const { rows } = await back.call('list_trials', { limit: 1, skip: 0 })
    expect(rows[0]).toMatchObject({ title: 'Reviewer of migrations', is_named: true, is_pinned: true })
  })
})
