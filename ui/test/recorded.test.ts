import { execFileSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import type { FamilyRecord } from '../src/api/FamilyRecord'
import { fake } from '../src/backend/fake'
import { RECORDS } from '../src/backend/fake/families'
import { bars, partOf, queryFor, spanFor, wholeBars, written } from '../src/screens/Logs/density'
import { asCode, membersOf, pretty } from '../src/parts/exchange/json'
import { marked, stopsOf, turnsOf, wordsOf } from '../src/parts/exchange/prompt'
import { momentOf, termsOf, valueOf, withTerms } from '../src/screens/Logs/query'
import { curl, isForLibrary, javascript, python, shellWord } from '../src/parts/exchange/snippets'
import { left } from '../src/text/format'
import { recording as words } from '../src/text/recording'
import { open, press, screen, waitFor, within } from './helpers'

const codestral = RECORDS.find((one) => one.name === 'codestral') as FamilyRecord

describe('a prompt as it was sent', () => {
  it('colours what its family knows, and nothing else', () => {
    expect(marked('<s>[SUFFIX]b[PREFIX]<b>a</s>', codestral)).toEqual([
      { text: '<s>', kind: 'stop' },
      { text: '[SUFFIX]', kind: 'suffix' },
      { text: 'b' },
      { text: '[PREFIX]', kind: 'prefix' },
      { text: '<b>a' },
      { text: '</s>', kind: 'stop' },
    ])
    expect(marked('a {prefix} </s>', undefined)).toEqual([{ text: 'a {prefix} </s>' }])
  })

  it('is found in the forms of the servers', () => {
    const turns = (body: object) => turnsOf(JSON.stringify(body))?.map(({ role, text }) => `${role}:${text}`)
    expect(
      turns({ messages: [{ role: 'user', content: [{ text: 'a' }, { text: 'b' }] }], system: 's' }),
    ).toEqual(['system:s', 'user:a\nb'])
    expect(turns({ prompt: 'p', suffix: 'q' })).toEqual(['prefix:p', 'suffix:q'])
    expect(turns({ prompt: 'p' })).toEqual(['prompt:p'])
    expect(turns({ contents: [{ role: 'user', parts: [{ text: 'a' }] }] })).toEqual(['user:a'])
    expect(turnsOf('{"prompt":"cut he')).toBeUndefined()
    expect(turnsOf('null')).toBeUndefined()
    expect(stopsOf('{"inferenceConfig":{"stopSequences":["\\n\\n"]}}')).toEqual(['\n\n'])
    expect(stopsOf('{"stop":{"not":"a list"}}')).toEqual([])
  })

  it('has an answer in words, streamed or whole', () => {
    const stream = ['He', 'llo'].map((text) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`)
    expect(wordsOf(`${stream.join('')}data: [DONE]\n\n`)).toBe('Hello')
    expect(wordsOf('{"content":[{"type":"text","text":"Hi"}]}')).toBe('Hi')
    expect(wordsOf('{"choices":[{"text":"a"}]}')).toBe('a')
    expect(wordsOf('"only a text"')).toBe('only a text')
    expect(wordsOf('plain words')).toBe('plain words')
    expect(wordsOf('{"error":{"message":"no"}}')).toBe('{"error":{"message":"no"}}')
  })
})

describe('a request as code', () => {
  const evil = `it's "q" \\ $(id) \`id\` \n\${x} é😀 @file`
  const body = `{"model":"a","stream":true,"seed":12345678901234567890,"top_k":3,"messages":[{"role":"user","content":${JSON.stringify(evil)}}]}`
  const sent = { method: 'POST', path: '/v1/chat/completions', body }
  const origin = 'http://127.0.0.1:5052'

  it('is one word of a shell, whatever it holds', () => {
    const said = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' })
    expect(said(`printf %s ${shellWord(evil)}`)).toBe(evil)
    const command = curl(origin, sent)
    // The arguments as a shell hands them to the program.
    const given = said(
      `GATEHOUSE_API_KEY=k; curl() { for one; do printf '%s\\0' "$one"; done; }; ${command}`,
    ).split('\0')
    expect(given).toEqual([
      '-N',
      `${origin}/v1/chat/completions`,
      '-H',
      'Authorization: Bearer k',
      '-H',
      'Content-Type: application/json',
      '--data-raw',
      body,
      '',
    ])
    expect(command).toContain('--data-raw ')
    expect(curl(origin, { method: 'GET', path: '/v1/models', body: '' })).not.toContain('data')
  })

  it('writes texts that a program reads back, and numbers digit by digit', () => {
    const text = asCode(JSON.stringify(evil), 'javascript')
    expect(JSON.parse(text)).toBe(evil)
    expect(asCode('"\\/ \\ud83d\\ude00 \\u2028"', 'python')).toBe('"/ 😀 \\u2028"')
    expect(asCode('{"__proto__":null}', 'javascript')).toContain('["__proto__"]: null')
    expect(pretty('{"a":[1.0,{}],"b":1e400}')).toBe('{\n  "a": [\n    1.0,\n    {}\n  ],\n  "b": 1e400\n}')
    expect(pretty('data: {}')).toBeUndefined()
    expect([...(membersOf('{"a":{"b":[1,2]},"c":"x,y"}') ?? [])]).toEqual([
      ['a', '{"b":[1,2]}'],
      ['c', '"x,y"'],
    ])
  })

  it('goes to the libraries with the key from the environment', () => {
    const program = python(origin, sent)
    expect(program).toContain('api_key=os.environ["GATEHOUSE_API_KEY"]')
    expect(program).toContain('  seed=12345678901234567890,')
    expect(program).toContain('  stream=True,')
    expect(program).toMatch(/extra_body=\{\n {4}"top_k": 3\n {2}\}/)
    expect(program).toContain(JSON.stringify(evil))
    expect(javascript(origin, sent)).toContain('apiKey: process.env.GATEHOUSE_API_KEY')
    expect(isForLibrary({ ...sent, path: '/v2/chat/agent' })).toBe(false)
    expect(isForLibrary({ ...sent, body: '[1]' })).toBe(false)
  })
})

describe('a query', () => {
  it('changes its own terms alone', () => {
    const query = 'since:2h "a since:b" -since:1d model:"x y" until:10:30'
    expect(termsOf(query)).toEqual(['since:2h', '"a since:b"', '-since:1d', 'model:"x y"', 'until:10:30'])
    expect(withTerms(query, { since: '2026-11-03T10:00:00Z', until: undefined })).toBe(
      '"a since:b" -since:1d model:"x y" since:2026-11-03T10:00:00Z',
    )
    expect(valueOf(query, 'until')).toBe('10:30')
    expect(valueOf(query, 'state')).toBeUndefined()
    expect(momentOf('10m', 1_000_000)).toBe(400_000)
    expect(momentOf('2026-11-03T10:00:00Z', 0)).toBe(Date.parse('2026-11-03T10:00:00Z'))
    expect(momentOf('soon', 0)).toBeUndefined()
  })
})

describe('the strip of time', () => {
  it('is bars, and what failed over them', () => {
    const bucket = (requests: number, errors = 0) => ({ requests, errors })
    const { all, failed } = bars([bucket(10), bucket(0), bucket(5, 1)])
    expect(all).toBe('M0.1 44V6.00h.8V44zM2.1 44V25.00h.8V44z')
    expect(failed).toBe('M2.1 44V40.20h.8V44z')
  })

  const [start, end] = [Date.parse('2026-11-03T09:00:00Z'), Date.parse('2026-11-03T10:00:00Z')]

  it('writes a part as terms, and reads it back', () => {
    const query = queryFor('model:a', { from: 0.25, to: 0.5 }, start, end)
    expect(query).toMatch(/^model:a since:2026-11-0\S+ until:2026-11-0\S+$/)
    expect(partOf(query, start, end, end)).toEqual({ from: 0.25, to: 0.5 })
    expect(Date.parse(written(start))).toBe(start)
    expect(queryFor(query, { from: 0.5, to: 1 }, start, end)).toBe(
      `model:a since:${written(start + 1_800_000)}`,
    )
    expect(queryFor(query, undefined, start, end)).toBe('model:a')
    expect(partOf('model:a', start, end, end)).toBeUndefined()
    expect(partOf('until:2020-01-01', start, end, end)).toEqual({ from: 0, to: 0 })
  })

  it('chooses whole bars, and no end where the last one is among them', () => {
    const edge = (place: number) => start + place * 60_000
    // Two pixels of a thousand before the right edge.
    const last = wholeBars(0.9851, 0.998, 60)
    expect(last).toEqual({ from: 59 / 60, to: 1 })
    expect(queryFor('', last, start, end)).toBe(`since:${written(edge(59))}`)
    // From right to left, inside of two bars.
    const query = queryFor('', wholeBars(0.33, 0.31, 60), start, end)
    expect(query).toBe(`since:${written(edge(18))} until:${written(edge(20))}`)
    expect(wholeBars(29 / 60, 31 / 60, 60)).toEqual({ from: 29 / 60, to: 31 / 60 })
  })

  it('writes a limit inside of a second as the next one', () => {
    expect(queryFor('', { from: 0, to: 0.5 }, start, end - 500)).toContain(
      `until:${written(start + 1_800_000)}`,
    )
  })

  it('begins where the back end says, and is coloured in what is chosen and no further', async () => {
    const back = fake('still')
    const { activity } = back.table
    const since = new Date(Date.now() - 3_630_000).toISOString()
    back.table.activity = async (query) => ({ ...(await activity(query)), since })
    const from = written(Date.parse(since) + 1_830_000)
    await open('logs', [], { text: `since:${from}` }, back)
    const chosen = (name: string) =>
      Number(document.querySelector('.density clipPath rect')?.getAttribute(name))
    // To the second that is written, of bars of a minute.
    await waitFor(() => expect(chosen('x')).toBeCloseTo(30.5, 1))
    expect(chosen('width')).toBeCloseTo(29.5, 1)
  })

  it('is long enough for what is asked', () => {
    expect(spanFor(undefined, end)).toBe(60)
    expect(spanFor(start - 60_000, end)).toBe(180)
    expect(spanFor(0, end)).toBe(100_000)
  })
})

describe('the recording', () => {
  it.each(['audit', 'service', 'join'])(
    'is stopped from %s, too, which has no other button for it',
    async (tab) => {
      const back = await open('logs', [tab], {}, fake('state=recording&still'))
      await press(words.stop)
      await waitFor(() => expect(back.calls.some((call) => call.name === 'stop_recording')).toBe(true))
    },
  )

  it('is said on every screen and purged after a question', async () => {
    const back = await open('models', [], {}, fake('state=recording&still'))
    expect(await screen.findByText(/^prompts and answers of Code completion and /)).toBeTruthy()
    expect(screen.getByRole('link', { name: /^Recording · 7:1\d left$/ })).toBeTruthy()
    await press('Purge')
    const dialog = within(await screen.findByRole('dialog'))
    expect(dialog.getByText(/^203 bodies of 41 requests \(412 kB\) are deleted/)).toBeTruthy()
    dialog.getByRole('button', { name: 'Purge' }).click()
    await waitFor(() => expect(back.calls.some((call) => call.name === 'purge_recordings')).toBe(true))
    await waitFor(() => expect(screen.getByText(/^0 held/)).toBeTruthy())
  })

  it('starts for the chosen time and shows that the back end refused', async () => {
    const back = await open('logs')
    await press('Record')
    ;(await screen.findByRole('radio', { name: '1 hour' })).click()
    const start = back.table.start_recording
    back.table.start_recording = () => {
      throw { code: 'held', message: 'The folder is held.', hint: 'Close the other one.', field: null }
    }
    await press('Start recording')
    expect(await screen.findByText('The folder is held.')).toBeTruthy()
    back.table.start_recording = start
    await press('Start recording')
    expect(await screen.findByText(/^prompts and answers of all requests/)).toBeTruthy()
    expect(back.calls.at(-1)?.input).toEqual({ for_seconds: 3600, features: [] })
  })

  it('shows the prompt of a recorded row, as text', async () => {
    const back = fake('state=recording&still')
    const page = await back.call('list_requests', { limit: 100, query: 'state:completed mixtral' })
    const row = page.rows.find((one) => one.recorded)!
    await open('logs', [], { id: String(row.id) }, back)
    ;(await screen.findByRole('tab', { name: 'Prompt as sent' })).click()
    expect(await screen.findByText(/<b>lock<\/b> the table/)).toBeTruthy()
    ;(await screen.findByRole('tab', { name: 'Raw' })).click()
    expect(await screen.findByText('POST http://gpu-2:8000/v1/chat/completions')).toBeTruthy()
    expect(await screen.findByRole('button', { name: 'Copy as curl' })).toBeTruthy()
  })

  it('counts down', () => {
    expect(left('1970-01-01T00:07:12Z', 0)).toBe('7:12')
    expect(left('1970-01-01T01:02:03Z', 0)).toBe('1:02:03')
    expect(left('1970-01-03T04:00:00Z', 0)).toBe('2 d 4 h')
    expect(left('1970-01-01T00:00:00Z', 5000)).toBe('0:00')
    expect(words.what(['A', 'B', 'C'])).toBe('prompts and answers of A and 2 more features')
  })
})
