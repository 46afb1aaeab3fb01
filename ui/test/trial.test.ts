import { beforeEach, describe, expect, it, vi } from 'vitest'

import { fake } from '../src/backend/fake'
import { use } from '../src/backend'
import {
  addColumn,
  begin,
  current,
  isRunning,
  link,
  open as openTrial,
  removeColumn,
  run,
  runColumn,
  stop,
  stopAll,
} from '../src/state/trial.svelte'
import { again, againShorter, answerCalls, resend, trim } from '../src/state/trial/turns.svelte'
import { waitFor } from './helpers'
import { answerOf, asked, converse, done, said, spoken, turnsNow, twoSpoken } from './spoken'

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

  it('has the turns back that a question asked otherwise left out, in the columns that lost them', () => {
    const { streams } = asked('Why?', 'one', 'two', 'three')
    converse(streams, 'And then?', 'And last?')
    removeColumn(2)
    const before = turnsNow()
    const dropped = resend([0, 1], 0, 'How?')
    expect(dropped.turns).toBe(2)
    streams.at(-1)!.say(said('Half'))
    removeColumn(0)
    dropped.undo()
    expect(streams.at(-1)!.isClosed).toBe(true)
    streams.at(-1)!.say(said(' and whole'))
    expect(turnsNow()).toEqual(before.slice(1))
    begin()
    dropped.undo()
    expect(turnsNow()).toEqual([[]])
  })

  it('has the turns back that an answer asked for again left out, and its old answer', () => {
    const { streams } = asked('Why?', 'one')
    converse(streams, 'And then?')
    const before = turnsNow()
    const dropped = again(0, 0)
    expect(dropped.turns).toBe(1)
    dropped.undo()
    expect(turnsNow()).toEqual(before)
    expect(again(0, 1).turns).toBe(0)
  })

  it('asks again without the older half of its turns, and never begins with what a tool answered', () => {
    const { streams } = asked('1', 'one')
    const call = { index: 0, id: 'c', name: 'weather', arguments: '{}' }
    streams[0]!.say({ type: 'delta', text: '', reasoning: '', tool_calls: [call] })
    streams[0]!.say(done)
    answerCalls(0, ['21 degrees'])
    converse(streams, '2', '3')
    const questions = () => current.trial.columns[0]!.turns.map((turn) => turn.ask[0]!.content)
    const before = turnsNow()
    const dropped = againShorter(0)
    expect(dropped.turns).toBe(2)
    expect(questions()).toEqual(['2', '3'])
    dropped.undo()
    expect(turnsNow()).toEqual(before)
    expect([againShorter(0).turns, againShorter(0).turns, againShorter(0).turns]).toEqual([2, 1, 0])
    expect(questions()).toEqual(['3'])
    expect(streams.at(-1)!.request.ask).toEqual({
      mode: 'chat',
      messages: [{ role: 'user', content: '3' }],
    })
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
    const { streams } = twoSpoken()
    current.trial.columns[0]!.parameters = { temperature: 0.5 }
    current.trial.columns[1]!.parameters = { temperature: 1 }
    current.trial.typed = 'Why?'
    run()
    current.trial.is_linked = false
    runColumn(1)
    expect(streams.map((one) => one.request.parameters?.temperature)).toEqual([0.5, 0.5, 1])
  })

  it('gives each column a copy of what held for it when the settings are set apart', () => {
    twoSpoken()
    link(true)
    current.trial.columns[0]!.parameters = { temperature: 0.5, tools: [] }
    link(false)
    expect(current.trial.columns.map((column) => column.parameters)).toEqual(
      Array(2).fill({ temperature: 0.5, tools: [] }),
    )
    current.trial.columns[1]!.parameters.temperature = 1
    expect(current.trial.columns[0]!.parameters.temperature).toBe(0.5)
    link(false)
    expect(current.trial.columns[1]!.parameters.temperature).toBe(1)
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
