import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { PromptEvent } from '../src/api/PromptEvent'
import type { PromptRequest } from '../src/api/PromptRequest'
import type { SaveTrial } from '../src/api/SaveTrial'
import { fake, type Fake } from '../src/backend/fake'
import { use } from '../src/backend'
import {
  addColumn,
  begin,
  current,
  isRunning,
  open as openTrial,
  removeColumn,
  run,
  runColumn,
  stop,
  stopAll,
} from '../src/state/trial.svelte'
import { answerCalls, resend, trim } from '../src/state/trial/turns.svelte'
import { open, press, screen, type, waitFor, within } from './helpers'

type Stream = { request: PromptRequest; say: (event: PromptEvent) => void; isClosed: boolean }

/** A back end whose answers are spoken by the test. */
function spoken(): { back: Fake; streams: Stream[]; saved: () => SaveTrial[] } {
  const back = fake()
  const streams: Stream[] = []
  const other = back.open
  back.open = (name, input, onEvent, onEnd) => {
    if (name !== 'prompt') return other(name, input, onEvent, onEnd)
    const say = onEvent as unknown as Stream['say']
    const stream = { request: input as PromptRequest, say, isClosed: false }
    streams.push(stream)
    return () => (stream.isClosed = true)
  }
  const saved = () =>
    back.calls.filter((call) => call.name === 'save_trial').map((call) => call.input as SaveTrial)
  return { back, streams, saved }
}

const said = (text: string, chunks = 0): PromptEvent => ({ type: 'delta', text, reasoning: '', chunks })
const done: PromptEvent = { type: 'finished', summary: { correlation_id: 'x', duration_ms: 1 } }
const answerOf = (column: number) => current.trial.columns[column]?.turns.at(-1)?.answer

/** A new trial with these models, and a question that was sent. */
function asked(question: string, ...models: string[]) {
  const { back, streams, saved } = spoken()
  use(back)
  begin({ columns: models.map((model) => ({ model, parameters: {}, turns: [] })), typed: question })
  run()
  return { back, streams, saved }
}

beforeEach(() => {
  use(fake())
  stopAll()
})

describe('a trial', () => {
  it('streams to two columns at once, and a failure in one leaves the other alone', () => {
    const { streams } = asked('Why?', 'one', 'two')
    const error = { code: 'upstream' as const, message: 'gpu-2 hung up.', hint: 'Test it.' }
    streams[0]!.say(said('Be'))
    streams[1]!.say(said('Half'))
    streams[0]!.say({ type: 'failed', error, summary: { correlation_id: 'x', duration_ms: 1 } })
    expect(answerOf(0)).toMatchObject({ state: 'failed', text: 'Be', error: { message: 'gpu-2 hung up.' } })
    streams[1]!.say(said(' and whole'))
    streams[1]!.say(done)
    expect(answerOf(1)).toMatchObject({ state: 'done', text: 'Half and whole' })
    expect(isRunning()).toBe(false)
  })

  it('keeps what had arrived when it is stopped, closes the stream and hears no more', () => {
    const { streams } = asked('Why?', 'one', 'two')
    streams[0]!.say(said('Because of'))
    stop(0)
    streams[0]!.say(said(' nothing more'))
    expect(streams.map((one) => one.isClosed)).toEqual([true, false])
    expect(answerOf(0)).toMatchObject({ state: 'cut', text: 'Because of' })
    expect(isRunning(0)).toBe(false)
    expect(isRunning(1)).toBe(true)
  })

  it('puts a question behind an answer that still comes, and asks it then', () => {
    const { streams } = asked('First', 'slow', 'fast')
    streams[1]!.say(said('quick'))
    streams[1]!.say(done)
    current.trial.typed = 'Second'
    run()
    expect(streams.map((one) => one.request.model)).toEqual(['slow', 'fast', 'fast'])
    streams[0]!.say(said('at last'))
    streams[0]!.say(done)
    expect(streams[3]?.request).toMatchObject({
      model: 'slow',
      ask: { messages: [{ content: 'First' }, { content: 'at last' }, { content: 'Second' }] },
    })
  })

  it('hears the stream of a column that moved up', () => {
    const { streams } = asked('Why?', 'one', 'two')
    removeColumn(0)
    streams[1]!.say(said('still here'))
    streams[1]!.say(done)
    expect(current.trial.columns.length).toBe(1)
    expect(answerOf(0)).toMatchObject({ state: 'done', text: 'still here' })
  })

  it('asks a changed question again in the columns that had it, without what came after', () => {
    const { streams } = asked('Why?', 'one', 'two')
    streams.forEach(({ say }) => [said('So.'), done].forEach(say))
    current.trial.typed = 'And then?'
    run()
    resend([0, 1], 0, 'How?')
    expect(current.trial.columns.map((column) => column.turns.length)).toEqual([1, 1])
    expect(streams.slice(-2).map((one) => one.request.ask)).toEqual(
      Array(2).fill({ mode: 'chat', messages: [{ role: 'user', content: 'How?' }] }),
    )
  })

  it('goes on from what a tool answered', () => {
    const { streams } = asked('Weather?', 'one')
    const piece = (part: object) => ({ index: 0, id: '', name: '', arguments: '', ...part })
    const calls = [piece({ id: 'c1', name: 'weather', arguments: '{"a"' }), piece({ arguments: ':1}' })]
    for (const call of calls) streams[0]!.say({ type: 'delta', text: '', reasoning: '', tool_calls: [call] })
    streams[0]!.say(done)
    answerCalls(0, ['21 degrees'])
    expect(streams[1]?.request.ask).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'c1', name: 'weather', arguments: '{"a":1}' }] },
        { role: 'tool', content: '21 degrees', tool_call_id: 'c1' },
      ],
    })
  })

  it('gives every column the settings of the first while they are linked', () => {
    const { streams } = spoken2()
    current.trial.columns[0]!.parameters = { temperature: 0.5 }
    current.trial.columns[1]!.parameters = { temperature: 1 }
    current.trial.typed = 'Why?'
    run()
    current.trial.is_linked = false
    runColumn(1)
    expect(streams.map((one) => one.request.parameters?.temperature)).toEqual([0.5, 0.5, 1])
  })

  it('is saved a moment after it was touched, and an untouched one never', async () => {
    vi.useFakeTimers()
    const { back, saved } = spoken()
    use(back)
    begin({ columns: [{ model: 'one', parameters: {}, turns: [] }] })
    await vi.advanceTimersByTimeAsync(3000)
    addColumn('two')
    await vi.advanceTimersByTimeAsync(3000)
    expect(saved()).toEqual([])
    current.trial.typed = 'W'
    await vi.advanceTimersByTimeAsync(100)
    current.trial.typed = 'Why'
    await vi.advanceTimersByTimeAsync(3000)
    expect(saved().map((one) => one.trial.typed)).toEqual(['Why'])
    current.trial.typed = 'Why?'
    await vi.advanceTimersByTimeAsync(10)
    window.dispatchEvent(new Event('pagehide'))
    expect(saved().at(-1)).toMatchObject({ id: current.id, trial: { typed: 'Why?' } })
    vi.useRealTimers()
  })

  it('that was left in the middle of an answer is there again as far as it came', async () => {
    const { streams, saved } = asked('Why?', 'one')
    const left = current.id
    streams[0]!.say(said('Because'))
    begin()
    expect(streams[0]!.isClosed).toBe(true)
    await waitFor(() => expect(saved().at(-1)?.trial.columns[0]?.turns[0]?.answer?.state).toBe('cut'))
    await openTrial(left)
    expect(answerOf(0)).toMatchObject({ state: 'cut', text: 'Because' })
  })

  it('loses its oldest turns, and no more than it must, to fit', async () => {
    const { back, streams } = asked('1', 'one')
    back.table.measure_prompt = ({ ask }) => ({
      prompt_tokens: ask.mode === 'chat' ? ask.messages.length * 100 : 0,
      is_estimate: false,
      context_tokens: 450,
    })
    for (let turn = 1; turn <= 4; turn++) {
      streams.at(-1)!.say(said('yes'))
      streams.at(-1)!.say(done)
      current.trial.typed = String(turn + 1)
      if (turn < 4) run()
    }
    const dropped = await trim(0)
    expect(dropped.map((turn) => turn.ask[0]?.content)).toEqual(['1', '2', '3'])
    expect(current.trial.columns[0]?.turns.map((turn) => turn.ask[0]?.content)).toEqual(['4'])
  })
})

function spoken2() {
  const made = spoken()
  use(made.back)
  begin({ columns: ['one', 'two'].map((model) => ({ model, parameters: {}, turns: [] })) })
  return made
}

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
