import { describe, expect, it } from 'vitest'

import type { TrialAnswer } from '../src/api/TrialAnswer'
import { firstLine, firstWord } from '../src/parts/editor/ghost'
import { jsonProblem } from '../src/parts/editor/json'
import {
  askedOf,
  barOf,
  cutOff,
  isProse,
  mayFollow,
  rest,
  verdict,
} from '../src/screens/Playground/completion/suggest'
import { read } from '../src/screens/Playground/completion/settings.svelte'

const file = (text: string, more = '') => ({
  name: 'invoice.rb',
  text: text.replace('|', more),
  cursor: text.indexOf('|') + more.length,
})
const FILE = 'tax = |\nend\n'
const ANSWER = '(subtotal * rate)\n  subtotal + tax'
const answer = (more: Partial<TrialAnswer> = {}): TrialAnswer => ({
  state: 'done',
  text: ANSWER,
  reasoning: '',
  tool_calls: [],
  summary: { correlation_id: 'x', duration_ms: 100 },
  ...more,
})

describe('what is proposed', () => {
  const asked = askedOf(file(FILE))
  it.each([
    ['the whole answer where it was asked for', file(FILE), ANSWER],
    ['the rest of it while it is typed', file(FILE, '(sub'), ANSWER.slice(4)],
    ['nothing once something else is typed', file(FILE, '(sum'), ''],
    ['nothing when all of it is there', file(FILE, ANSWER), ''],
    ['nothing after a letter before the place went', file('tax =|\nend\n'), ''],
    ['nothing when the cursor went back', { ...file(FILE), cursor: 2 }, ''],
    ['nothing when what follows was changed', file('tax = |\nend # of it\n'), ''],
    ['nothing when what follows is as long but another', file('tax = |\nfin\n'), ''],
    ['nothing when what stands before was changed', file('tox = |\nend\n'), ''],
  ])('is %s', (_, now, wanted) => {
    expect(rest(asked, now, ANSWER)).toBe(wanted)
  })

  it('is nothing before anything was asked', () => {
    expect(rest(undefined, file(FILE), ANSWER)).toBe('')
  })

  it('keeps an answer that still comes only while what is typed goes its way', () => {
    const coming = answer({ state: 'streaming', text: '(sub' })
    expect(mayFollow(asked, file(FILE, '(subtotal'), coming)).toBe(true)
    expect(mayFollow(asked, file(FILE, '[sub'), coming)).toBe(false)
    // Nothing of it is seen yet, so nobody can have followed it.
    expect(mayFollow(asked, file(FILE, '('), answer({ state: 'streaming', text: '' }))).toBe(false)
    expect(mayFollow(asked, file(FILE, ANSWER), answer())).toBe(false)
  })

  it.each([
    ['(subtotal * rate)', '(', '(subtotal * rate)'],
    ['subtotal + tax', 'subtotal', 'subtotal + tax'],
    [' + tax\nend', ' +', ' + tax'],
    ['\n  subtotal\nend', '\n  subtotal', '\n  subtotal'],
    ['größe = 1', 'größe', 'größe = 1'],
  ])('gives of %j the word %j and the line %j', (text, word, line) => {
    expect([firstWord(text), firstLine(text)]).toEqual([word, line])
  })
})

describe('the badge of a candidate', () => {
  const late = { correlation_id: 'x', duration_ms: 300 }
  it.each([
    [answer(), 'ok', 'In time'],
    [answer({ summary: late }), 'failed', 'Late'],
    [answer({ summary: late, text: 'Here is the completed method:' }), 'failed', 'Late, prose'],
    [answer({ text: '```ruby\nx\n```' }), 'failed', 'Prose'],
    [answer({ text: ' \n' }), 'degraded', 'Empty'],
    [answer({ state: 'failed', text: '' }), 'failed', 'Failed'],
    [answer({ state: 'cut' }), 'stopped', 'Stopped'],
    [answer({ state: 'streaming' }), 'busy', 'Running'],
  ])('of %j is %s: %s', (given, state, words) => {
    expect(verdict(given, 250, 'invoice.rb')).toMatchObject({ state, words })
  })

  it('says nothing before there was an answer, and takes words for words where they belong', () => {
    expect(verdict(null, 250, 'a.rb')).toBeUndefined()
    expect(isProse('Here is the plan:', 'README.md')).toBe(false)
    expect(isProse('here = 1', 'a.rb')).toBe(false)
  })

  it('has the mark of the budget where it stays, and a bar that ends with its track', () => {
    expect(barOf(125, 250)).toEqual({ length: 31.25, mark: 62.5 })
    expect(barOf(9000, 250).length).toBe(100)
  })
})

it('what the gateway cut is what the server said around what it handed on', () => {
  expect(cutOff('```ruby\nx = 1\n```', 'x = 1')).toEqual({ before: '```ruby\n', behind: '\n```' })
  expect(cutOff('x = 1', 'y = 1')).toBeUndefined()
})

describe('the place where a text is no JSON', () => {
  it.each([
    ['', 1, 1, 'There is no value here.'],
    ['{"a": 1,}', 1, 9, 'A comma before } is one too many.'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'A comma or } is missing before this.'],
    ['{"a" 1}', 1, 6, 'A colon is missing after the name.'],
    ["{'a': 1}", 1, 2, 'JSON has double quotes, not single ones.'],
    ['[1, 2', 1, 1, 'The ] for this is missing.'],
    ['{"a": "b\n"}', 1, 7, 'This text is not closed on its line.'],
    ['{"a": "\\x"}', 1, 8, 'JSON does not know this escape.'],
    ['[1] 2', 1, 5, 'The JSON ended before this.'],
    ['// no', 1, 1, 'JSON has no comments.'],
    ['[01]', 1, 3, 'A comma or ] is missing before this.'],
    ['{a: 1}', 1, 2, 'Here must be a name in double quotes.'],
  ])('of %j is line %i, column %i', (text, line, column, message) => {
    expect(jsonProblem(text)).toMatchObject({ line, column, message })
  })

  it('is found at any depth, and there is none in JSON', () => {
    expect(jsonProblem('['.repeat(100_000))).toMatchObject({ isShort: true })
    expect(jsonProblem(' {"a": [1.5e-3, {"b": null}, "\\u00e4"]} ')).toBeUndefined()
  })
})

it('settings that make no sense are the usual ones', () => {
  const usual = { isAutomatic: true, pause: 120, budget: 250 }
  for (const kept of [null, 'no JSON', '7', '{"pause": "soon", "budget": null}'])
    expect(read(kept)).toEqual(usual)
  expect(read('{"isAutomatic": false, "pause": 1e9, "budget": 400}')).toEqual({
    isAutomatic: false,
    pause: 5000,
    budget: 400,
  })
})
