import { describe, expect, it, vi } from 'vitest'

import type { ChangeView } from '../src/api/ChangeView'
import { fake } from '../src/backend/fake'
import { partOf, queryFor, withSide, written } from '../src/screens/Logs/density'
import { wholeOf } from '../src/screens/Logs/terms'
import { swap } from '../src/state/router.svelte'
import { audit } from '../src/text/audit'
import { fireEvent, open, press, screen, type, waitFor, within } from './helpers'

const field = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Search' })
const chips = () => [...document.querySelectorAll('[role=search] .chip')].map((chip) => chip.textContent)
const applied = () => new URLSearchParams(location.hash.split('?')[1]).get('text') ?? ''
/** Longer than the pause after which what is typed is searched. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 300))

async function chooseView(name: RegExp) {
  await press('Saved views')
  const views = within(await screen.findByRole('dialog', { name: 'Saved views' }))
  ;(await views.findByRole('button', { name })).click()
}

describe('the query bar', () => {
  it('shows a view that is chosen again after the search was cleared', async () => {
    await open('logs')
    await chooseView(/^Slow failures/)
    await waitFor(() => expect(chips()).toHaveLength(2))
    await press('Clear the search')
    await waitFor(() => expect(applied()).toBe(''))
    expect(chips()).toEqual([])
    await chooseView(/^Slow failures/)
    await waitFor(() => expect(applied()).toBe('state:failed duration:>2s'))
    expect(chips()).toHaveLength(2)
  })

  it('shows the view that is chosen right after a term was typed, and keeps to it', async () => {
    await open('logs')
    await type('Search', 'status:200 ')
    swap('logs', [], { text: 'state:failed' })
    await waitFor(() => expect(chips().join()).toContain('failed'))
    await pause()
    expect(applied()).toBe('state:failed')
    expect(chips()).toHaveLength(1)
    // Nor does it come back when the search is empty again.
    swap('logs')
    await waitFor(() => expect(chips()).toEqual([]))
  })

  it('searches for words as they are typed', async () => {
    await open('logs')
    await type('Search', 'gpu-3')
    await waitFor(() => expect(applied()).toBe('gpu-3'))
  })

  it('takes what may become an offer only when it is ended or left', async () => {
    const back = await open('logs')
    await screen.findByText(/of 48,211 match/)
    for (const half of ['mod', 'model:m', 'status:5', 'id:']) {
      await type('Search', half)
      await pause()
      expect([half, applied(), field().getAttribute('aria-invalid')]).toEqual([half, '', 'false'])
    }
    await type('Search', 'model')
    expect(screen.getByRole('option', { name: /^model:/ })).toBeTruthy()
    await fireEvent.keyDown(field(), { key: 'Enter' })
    await waitFor(() => expect(applied()).toBe('model'))
    await type('Search', 'status:4')
    await fireEvent.blur(field())
    await waitFor(() => expect(applied()).toBe('status:4'))
    expect(chips()).toHaveLength(1)
    await type('Search', 'fail')
    await waitFor(() => expect(applied()).toBe('status:4 fail'))
    // The words before the begun term count already.
    await type('Search', 'other sta')
    await waitFor(() => expect(applied()).toBe('status:4 other'))
    await fireEvent.keyDown(field(), { key: 'Escape' })
    await waitFor(() => expect(applied()).toBe('status:4 other sta'))
    expect(back.calls.some(({ input }) => JSON.stringify(input ?? '').includes('mod"'))).toBe(false)
  })

  it('takes an exact value at once', () => {
    const values = { status: ['200', '5xx'] }
    expect(wholeOf('words status:200', values)).toBe('words status:200')
    expect(wholeOf('words status:2', values)).toBe('words ')
  })

  it('takes the last of many chips back with Backspace, and keeps the others', async () => {
    const terms = ['model:a', 'client:b', 'status:200', 'since:2h', 'path:c', 'first:>1s', 'gap:>2s']
    await open('logs', [], { text: terms.join(' ') })
    await waitFor(() => expect(chips()).toHaveLength(7))
    await fireEvent.keyDown(field(), { key: 'Backspace' })
    expect(field().value).toBe('gap:>2s')
    await type('Search', '')
    await waitFor(() => expect(applied()).toBe(terms.slice(0, -1).join(' ')))
    await fireEvent.keyDown(field(), { key: 'Backspace' })
    expect(field().value).toBe('first:>1s')
    await fireEvent.keyDown(field(), { key: 'Enter' })
    // The rows stay until a chip that became text is changed.
    const before = applied()
    await press('Change client:b')
    await waitFor(() => expect(field().value).toBe('client:b'))
    await pause()
    expect(applied()).toBe(before)
  })

  it('names both words of the rows that were cancelled', async () => {
    await open('logs', [], { state: 'cancelled' })
    expect(await screen.findByLabelText('State: Hung up or cancelled')).toBeTruthy()
  })
})

describe('the strip of time', () => {
  const [start, end] = [Date.parse('2026-11-03T09:01:00Z'), Date.parse('2026-11-03T10:01:00Z')]
  // The last bar is not over yet.
  const now = end - 29_500

  it('reads lengths of time from now, not from its end', () => {
    const part = partOf('since:30m', start, end, now)!
    expect(part.from).toBeCloseTo(0.5 - 29.5 / 3600)
    expect(part.to).toBe(1)
    expect(queryFor('', { from: 59 / 60, to: 1 }, start, end)).toBe(`since:${written(end - 60_000)}`)
  })

  it('moves one side by whole bars and keeps the other', () => {
    const part = { from: 20 / 60, to: 0.505 }
    expect(withSide(part, 'from', 0.17, 60)).toEqual({ from: 10 / 60, to: 0.505 })
    expect(withSide(part, 'to', 2, 60)).toEqual({ from: 20 / 60, to: 1 })
    expect(withSide(part, 'to', 0, 60)).toEqual({ from: 20 / 60, to: 21 / 60 })
  })

  it('moves a side that is dragged by its handle, and only that', async () => {
    const back = fake('still')
    const { activity } = back.table
    const since = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 59 * 60_000)
    back.table.activity = async (query) => ({ ...(await activity(query)), since: since.toISOString() })
    const at = (place: number) => written(since.getTime() + place * 60_000)
    await open('logs', [], { text: `since:${at(20)} until:${at(40)}` }, back)
    const strip = await screen.findByRole('group', { name: 'Requests over time' })
    strip.getBoundingClientRect = () => ({ left: 0, width: 600 }) as DOMRect
    await waitFor(() => expect(strip.querySelector('.in')).toBeTruthy())
    const handle = screen.getByRole('slider', { name: 'Shown from' })
    await fireEvent.pointerDown(handle, { button: 0, clientX: 200, pointerId: 1 })
    await fireEvent.pointerMove(handle, { clientX: 302, pointerId: 1 })
    await fireEvent.pointerUp(handle, { clientX: 302, pointerId: 1 })
    await waitFor(() => expect(applied()).toBe(`since:${at(30)} until:${at(40)}`))
    // A click moves nothing.
    await fireEvent.pointerDown(handle, { button: 0, clientX: 302, pointerId: 1 })
    await fireEvent.pointerUp(handle, { clientX: 302, pointerId: 1 })
    expect(applied()).toBe(`since:${at(30)} until:${at(40)}`)
  })
})

describe('the join', () => {
  it('says how many lines are damaged where ids are listed, and when each was seen', async () => {
    const back = fake()
    const { ids_in_file } = back.table
    back.table.ids_in_file = (path: string) => ({ ...ids_in_file(path), damaged: 2 })
    await open('logs', ['join'], { files: '/var/log/gitlab/llm.log' }, back)
    expect(await screen.findByText('newest ids, 2 lines damaged')).toBeTruthy()
    const when = document.querySelector('li .when')?.textContent
    expect(when).toMatch(/^\w{3} \d+ \w{3}, \d\d:\d\d:\d\d$/)
  })
})

describe('an undo', () => {
  const setting = (path: string, before: string | null, after: string | null, is_secret = false) => ({
    path,
    pointer: path,
    before,
    after,
    is_secret,
  })

  it('says what it takes away and what it brings back', () => {
    expect(audit.will(['models › a'], 0, 0)).toBe('Undo removes models › a.')
    expect(audit.will([], 1, 0)).toBe('Undo puts the removed value back in the place of the added one.')
    expect(audit.will([], 0, 1)).toBe('Undo puts the removed value back.')
    expect(audit.will(['a', 'b'], 1, 1)).toBe(
      'Undo puts 2 values back as they were before and removes 2 added values.',
    )
  })

  it('of an added model says that the model goes', async () => {
    const back = fake()
    const { list_changes } = back.table
    back.table.list_changes = async (query) => {
      const page = await list_changes(query)
      const added: ChangeView = {
        ...page.rows[0]!,
        sentence: 'Added the model demo',
        settings: [
          setting('models › demo', null, 'name: demo'),
          setting('models › demo › key', null, 'x', true),
        ],
        undo: { possible: true, sentence: 'The model’s key is removed with it.' },
      }
      return { ...page, rows: [added, ...page.rows.slice(1)] }
    }
    await open('logs', ['audit'], { id: '6' }, back)
    const drawer = within(await screen.findByRole('complementary', { name: 'Change' }))
    expect(drawer.getByText('Undo removes models › demo. The model’s key is removed with it.')).toBeTruthy()
  })
})

describe('a pattern that is added', () => {
  it('is wrong only once something is typed, or it is saved', async () => {
    const back = fake()
    back.table.save_redaction = vi.fn(() => {
      throw {
        code: 'invalid',
        message: 'the redaction rule "" needs a name of 1 to 60 letters',
        hint: '',
        field: 'name',
      }
    })
    await open('settings', ['redaction'], {}, back)
    await press('Add a pattern')
    await screen.findByText('1 change')
    await pause()
    const marks = () => [...document.querySelectorAll('.own [aria-invalid=true]')].length
    expect(marks()).toBe(0)
    await press(/^Save/)
    await waitFor(() => expect(marks()).toBe(1))
    await type('Pattern 1', 'EMP-(')
    await screen.findByText(/is no regular expression/)
    expect(screen.getByLabelText('Pattern 1').getAttribute('aria-invalid')).toBe('true')
  })
})
