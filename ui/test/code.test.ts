import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { PromptEvent } from '../src/api/PromptEvent'
import type { PromptRequest } from '../src/api/PromptRequest'
import { use } from '../src/backend'
import { fake } from '../src/backend/fake'
import { pretty } from '../src/parts/exchange/json'
import { languageTitle } from '../src/parts/editor/languages'
import {
  edit,
  put,
  reject,
  remember,
  session,
  walk,
} from '../src/screens/Playground/completion/session.svelte'
import { change, settings } from '../src/screens/Playground/completion/settings.svelte'
import { applied, changed, partsOf } from '../src/screens/Playground/generation/change'
import { readable } from '../src/screens/Playground/raw/readable'
import { addColumn, begin, current, enter, isTouched, stopAll } from '../src/state/trial.svelte'
import { modelIn, templateOf, TEMPLATES } from '../src/text/requests'
import { SAMPLES } from '../src/text/samples'

type Stream = { request: PromptRequest; say: (event: PromptEvent) => void; isClosed: boolean }

/** A back end whose answers are spoken by the test. */
function spoken(): Stream[] {
  const streams: Stream[] = []
  const back = fake()
  const other = back.open
  back.open = (name, input, onEvent, onEnd) => {
    if (name !== 'prompt') return other(name, input, onEvent, onEnd)
    const hear = onEvent as unknown as (event: PromptEvent) => void
    const stream: Stream = { request: input as PromptRequest, say: hear, isClosed: false }
    streams.push(stream)
    return () => (stream.isClosed = true)
  }
  use(back)
  return streams
}
const delta = (text: string): PromptEvent => ({ type: 'delta', text, reasoning: '' })
const file = { name: 'a.rb', text: 'tax = \nend\n', cursor: 6 }
/** What a person types at the cursor. */
function type(text: string): void {
  const { text: before, cursor } = current.trial.file!
  edit({ text: before.slice(0, cursor) + text + before.slice(cursor), cursor: cursor + text.length })
}
function pause(): void {
  vi.advanceTimersByTime(settings.pause)
  remember()
}

describe('a sitting at the completion', () => {
  let streams: Stream[]
  beforeEach(() => {
    vi.useFakeTimers()
    streams = spoken()
    change({ isAutomatic: true, pause: 120 })
    begin({ mode: 'completion', columns: [{ model: 'Codestral 22B', parameters: {}, turns: [] }] })
    put({ ...file })
  })
  afterEach(() => {
    stopAll()
    vi.useRealTimers()
  })

  it('asks after a pause, once, for the place where the cursor stands', () => {
    type('(')
    vi.advanceTimersByTime(100)
    type('s')
    expect(streams).toHaveLength(0)
    pause()
    expect(streams.map((one) => one.request.ask)).toEqual([
      { mode: 'completion', file_name: 'a.rb', prefix: 'tax = (s', suffix: '\nend\n' },
    ])
  })

  it('never shows what was asked for before another key', () => {
    type('(')
    pause()
    streams[0]!.say(delta('subtotal'))
    expect(session.ghost).toBe('subtotal')
    type('x')
    expect([session.ghost, streams[0]!.isClosed]).toEqual(['', true])
    streams[0]!.say(delta(' * rate)'))
    expect(session.ghost).toBe('')
    pause()
    streams[1]!.say(delta('y)'))
    expect(session.ghost).toBe('y)')
  })

  it('keeps the rest while it is typed, and asks nobody anew', () => {
    type('(')
    pause()
    streams[0]!.say(delta('subtotal * rate)'))
    type('sub')
    pause()
    expect([session.ghost, session.inserted, streams.length]).toEqual(['total * rate)', 'sub', 1])
  })

  it('asks nobody when only the cursor moved, and shows nothing there', () => {
    type('(')
    pause()
    streams[0]!.say(delta('subtotal'))
    edit({ text: current.trial.file!.text, cursor: 2 })
    pause()
    expect([session.ghost, streams.length]).toEqual(['', 1])
  })

  it('asks only on demand when it is told so', () => {
    change({ isAutomatic: false })
    type('(')
    pause()
    expect(streams).toHaveLength(0)
  })

  it('rejects until it is asked again', () => {
    type('(')
    pause()
    streams[0]!.say(delta('subtotal'))
    reject()
    expect([session.ghost, streams[0]!.isClosed]).toEqual(['', true])
  })

  it('walks over the candidates that have something to say', () => {
    addColumn('Qwen2.5-Coder 7B')
    addColumn('Mistral 7B-it')
    type('(')
    pause()
    streams[0]!.say(delta('one)'))
    streams[2]!.say(delta('three)'))
    walk(1)
    expect([session.chosen, session.ghost]).toEqual([2, 'three)'])
    walk(1)
    expect(session.ghost).toBe('one)')
  })

  it('counts the line ends of another machine as editors do', () => {
    put({ name: 'a.rb', text: 'a\r\nb\r\n', cursor: 3 })
    expect(current.trial.file).toEqual({ name: 'a.rb', text: 'a\nb\n', cursor: 2 })
  })
})

it('another mode leaves an answered trial as it is, and takes the file along', () => {
  spoken()
  begin({ mode: 'completion', columns: [{ model: 'a', parameters: {}, turns: [{ ask: [], answer: null }] }] })
  put({ ...file, text: 'mine' })
  current.trial.columns[0]!.turns = [{ ask: [], answer: null }]
  const { id } = current
  enter('generation')
  expect(current.id).not.toBe(id)
  expect(current.trial).toMatchObject({ mode: 'generation', file: { text: 'mine' } })
  expect(current.trial.columns[0]!.turns).toEqual([])
})

it('a sample or a template that nobody wrote into is nothing to keep', () => {
  begin({ mode: 'completion', file: { ...SAMPLES[0]! }, raw: templateOf('/v1/messages', 'demo') })
  expect(isTouched(current.trial)).toBe(false)
  current.trial.raw!.body += ' '
  expect(isTouched(current.trial)).toBe(true)
})

describe('a generation', () => {
  it.each([
    ['only code', 'x = 1\n', { code: 'x = 1\n', said: '' }],
    ['words around a fence', 'Sure:\n```ruby\nx = 1\n```\nDone.', { code: 'x = 1', said: 'Sure:\nDone.' }],
    ['a fence that still comes', 'Sure:\n```ruby\nx = 1\ny', { code: 'x = 1\ny', said: 'Sure:' }],
    ['two fences', '```\na\n```\n\n```\nb\n```\n', { code: 'a\n\nb', said: '' }],
    ['a fence in a longer one', '````\n```\na\n```\n````', { code: '```\na\n```', said: '' }],
    ['nothing but words', 'Here is why not.', { code: '', said: 'Here is why not.' }],
  ])('of %s has its parts', (_, text, wanted) => {
    expect(partsOf(text, 'a.rb')).toEqual(wanted)
  })

  it('goes in at the cursor, indented once, and what followed keeps a line of its own', () => {
    const place = { prefix: 'class A\n  ', suffix: 'def b\n' }
    expect(applied('a.rb', place, '  def a\n  end')).toEqual({
      name: 'a.rb',
      text: 'class A\n  def a\n  end\ndef b\n',
      cursor: 22,
    })
    expect(applied('a.rb', { prefix: 'x = ', suffix: '\n' }, '1').text).toBe('x = 1\n')
  })

  it('is shown as the lines that come, with a few around them', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`)
    const after = before.toSpliced(10, 0, 'new')
    const shown = changed(before.join('\n'), after.join('\n'), 1)
    expect(shown?.map(({ kind, text, number }) => [kind, text, number])).toEqual([
      ['fold', '9', undefined],
      ['same', 'line 10', 10],
      ['more', 'new', 11],
      ['same', 'line 11', 12],
      ['fold', '9', undefined],
    ])
  })
})

describe('a raw request', () => {
  it.each(TEMPLATES.map(({ path }) => path))('has a template for %s that is JSON', (path) => {
    const { body } = templateOf(path, 'demo')
    expect(JSON.parse(body)).toBeTypeOf('object')
    expect(modelIn(body)).toBe(body.includes('"model"') ? 'demo' : undefined)
  })

  it('has an answer that can be read, event by event, with its numbers as they are', () => {
    const text = 'event: a\ndata: {"id":12345678901234567890}\n\ndata: [DONE]\n'
    expect(readable(text, pretty)).toBe(
      'event: a\ndata: {\n  "id": 12345678901234567890\n}\n\ndata: [DONE]\n',
    )
    expect(readable('{"a":1}', pretty)).toBe('{\n  "a": 1\n}')
  })
})

it.each([
  ['invoice.rb', 'Ruby'],
  ['lib/Rakefile', 'Ruby'],
  ['python', 'Python'],
  ['a.TSX', 'TypeScript'],
  ['notes', undefined],
  ['', undefined],
])('the language of %j is %s', (name, title) => {
  expect(languageTitle(name)).toBe(title)
})
