import { describe, expect, it } from 'vitest'

import type { RequestPage } from '../src/api/RequestPage'
import { fake } from '../src/backend/fake'
import { row } from '../src/backend/fake/requests'
import { merge } from '../src/screens/Logs/log.svelte'
import { accept, offersFor, partsOf, valueShown } from '../src/screens/Logs/terms'
import { shortId } from '../src/text/format'
import { logs } from '../src/text/logs'
import { fireEvent, open, press, screen, type, waitFor, within } from './helpers'

const rows = (...ids: number[]) => ids.map((id) => row(id, 0))
const ids = (list: { id: number }[]) => list.map((one) => one.id)

describe('the log', () => {
  it('lets the back end search everything stored', async () => {
    const back = await open('logs')
    await screen.findByText(/of 48,211 match/)
    await type('Search', 'status:404')
    await waitFor(() =>
      expect(document.querySelectorAll('[role=row][aria-selected]').length).toBeGreaterThan(0),
    )
    await waitFor(() => expect(screen.getByText('120')).toBeTruthy())
    expect(location.hash).toContain('text=status%3A404')
    expect(back.table.list_requests({ limit: 1, query: 'status:404' })).toMatchObject({ matching: 120 })
  })

  it('asks for the chosen state and the correlation id in the same query', async () => {
    const back = fake()
    const known = back.table.list_requests({ limit: 100, query: 'state:failed' }) as RequestPage
    const id = known.rows[0]!.correlation_id
    await open('logs', [], { text: 'gpu-3', state: 'failed', correlation: id }, back)
    await screen.findByText(/of 48,211 match/)
    expect(screen.getByText('1', { selector: 'b' })).toBeTruthy()
  })

  it('opens the row that a link names', async () => {
    await open('logs', [], { id: '2391' })
    expect(await screen.findByRole('complementary', { name: 'Request' })).toBeTruthy()
  })

  it('names family and provider as people know them, and says what was done', async () => {
    const back = fake()
    const known = back.table.list_requests({ limit: 100 }) as RequestPage
    const found = known.rows.find((one) => one.provider === 'bedrock')!
    await open('logs', [], { id: String(found.id) }, back)
    const detail = within(await screen.findByRole('complementary', { name: 'Request' }))
    expect(await detail.findByText('Claude')).toBeTruthy()
    expect(await detail.findByText('AWS Bedrock')).toBeTruthy()
    expect(detail.queryByText(/claude_3|bedrock$/)).toBeNull()
    expect(detail.getByText('2 retries')).toBeTruthy()
    expect(detail.getByText(/^fell back to Mixtral 8x7B-it/)).toBeTruthy()
  })

  it('shows a request that is not recorded with its content filtered', async () => {
    const back = fake()
    const known = back.table.list_requests({ limit: 100 }) as RequestPage
    const found = known.rows.find((one) => one.state === 'completed' && one.path.includes('chat'))!
    await open('logs', [], { id: String(found.id) }, back)
    const detail = within(await screen.findByRole('complementary', { name: 'Request' }))
    ;(await detail.findByRole('tab', { name: 'Raw' })).click()
    const shown = await detail.findByLabelText('The request without its content')
    const { method, params } = JSON.parse(shown.textContent ?? '')
    expect([method, ...params.slice(0, 2)]).toEqual([
      'POST',
      { key: 'model', value: found.model },
      { key: 'messages', value: [{ role: 'user', content: '[FILTERED]' }] },
    ])
    // When it came and ended is known all the same.
    detail.getByRole('tab', { name: 'Timeline' }).click()
    const moments = within(await detail.findByRole('list', { name: 'Timeline' })).getAllByRole('listitem')
    expect(moments.at(-1)?.textContent).toContain(found.finish_reason)
    expect(moments.length).toBe(found.first_token_ms == null ? 2 : 3)
    // The drawer remembers its tab.
    detail.getByRole('tab', { name: 'Summary' }).click()
  })

  it('writes an error as a sentence, without the name that stands below it', () => {
    const { said } = logs
    expect(said('wrong id: gpu-1 answered 404 Not Found', 'wrong id')).toBe('Gpu-1 answered 404 Not Found.')
    expect(said('the model "x" is switched off. Switch it on in Models', 'x')).toBe(
      'The model "x" is switched off. Switch it on in Models.',
    )
  })

  it('says when nothing matches, and that everything was searched', async () => {
    await open('logs', [], { text: 'no such thing' })
    expect(await screen.findByText('All 48,211 stored rows were searched.')).toBeTruthy()
  })

  it('puts newer rows before older ones without a row twice', () => {
    expect(ids(merge(rows(4, 3, 2, 1), rows(6, 5, 4), 3))).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('drops what lies behind a gap that it cannot fill', () => {
    expect(ids(merge(rows(3, 2, 1), rows(9, 8, 7), 3))).toEqual([9, 8, 7])
  })
})

describe('rows that come', () => {
  async function tailed() {
    const known = fake()
    let push = (_: RequestPage) => {}
    const open_ = known.open
    const back = {
      ...known,
      open: ((name, input, onEvent, onEnd) => {
        if (name !== 'requests') return open_(name, input, onEvent, onEnd)
        push = onEvent as typeof push
        return () => {}
      }) as typeof open_,
    }
    await open('logs', [], {}, back)
    const page = (...ids: number[]): RequestPage => {
      const all = known.table.list_requests({ limit: 1 }) as RequestPage
      return { ...all, rows: rows(...ids).map((one) => ({ ...one, client: `client ${one.id}` })) }
    }
    const shown = () => [...document.querySelectorAll<HTMLElement>('[role=row][aria-selected]')]
    const clients = () => shown().map((one) => /client \d+/.exec(one.textContent ?? '')?.[0])
    return { push: (...ids: number[]) => push(page(...ids)), shown, clients }
  }

  it('fill the places that are there', async () => {
    const { push, shown, clients } = await tailed()
    push(3, 2, 1)
    await waitFor(() => expect(clients()).toEqual(['client 3', 'client 2', 'client 1']))
    const places = shown()
    push(4, 3, 2, 1)
    await waitFor(() => expect(clients()).toEqual(['client 4', 'client 3', 'client 2', 'client 1']))
    expect(shown().slice(0, 3)).toEqual(places)
  })

  it('stay where they are in the page while it scrolls, and stand in order when it rests', async () => {
    const { push, shown, clients } = await tailed()
    const many = Array.from({ length: 200 }, (_, place) => 200 - place)
    push(...many)
    await waitFor(() => expect(clients()[0]).toBe('client 200'))
    const view = document.querySelector('.rows-view')!
    const before = shown()
    view.scrollTop = 20 * 28
    view.dispatchEvent(new Event('scroll'))
    await waitFor(() => expect(clients()).not.toContain('client 200'))
    const inOrder = () => clients().toSorted((one, other) => Number(other!.slice(7)) - Number(one!.slice(7)))
    // A place that went on with another row was not moved in the page.
    expect(shown().filter((row) => before.includes(row))).toEqual(
      before.filter((row) => shown().includes(row)),
    )
    expect(clients()).not.toEqual(inOrder())
    await waitFor(() => expect(clients()).toEqual(inOrder()))
  })

  it('move on with the place on which someone stands', async () => {
    const { push, shown, clients } = await tailed()
    push(3, 2, 1)
    await waitFor(() => expect(clients()).toHaveLength(3))
    const [, place] = shown()
    place!.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))
    push(5, 4, 3, 2, 1)
    await waitFor(() => expect(clients()[0]).toBe('client 5'))
    expect(shown()[3]).toBe(place)
    // A click is a press and a release on the same element.
    push(6, 5, 4, 3, 2, 1)
    await waitFor(() => expect(clients()[0]).toBe('client 6'))
    expect(shown()[4]).toBe(place)
    place!.dispatchEvent(new FocusEvent('focusout', { bubbles: true }))
    push(7, 6, 5, 4, 3, 2, 1)
    await waitFor(() => expect(clients()).toEqual([7, 6, 5, 4, 3, 2, 1].map((id) => `client ${id}`)))
  })
})

describe('the join', () => {
  it('takes the files that the system’s own dialog gives', async () => {
    const asked: string[] = []
    const chooseFiles = (title: string) => {
      asked.push(title)
      return Promise.resolve(['/var/log/gitlab/llm.log', '/var/log/gitlab/production_json.log.1.gz'])
    }
    await open('logs', ['join'], {}, { ...fake(), chooseFiles })
    await press('Choose files…')
    expect(await screen.findByText('llm.log')).toBeTruthy()
    expect(screen.getByText('production_json.log.1.gz')).toBeTruthy()
    expect(asked).toEqual(['Log files of GitLab'])
  })

  it('shows what a file holds beside one that cannot be read', async () => {
    const back = fake()
    const { ids_in_file } = back.table
    back.table.ids_in_file = (path: string) => {
      if (path !== '/tmp') return ids_in_file(path)
      throw { code: 'invalid', message: 'Cannot read /tmp: it is no file.', hint: '', field: null }
    }
    await open('logs', ['join'], { files: '/tmp\n/var/log/gitlab/llm.log' }, back)
    expect(await screen.findByText('Cannot read /tmp: it is no file.')).toBeTruthy()
    expect(document.querySelectorAll('li button').length).toBeGreaterThan(1)

    const { join } = back.table
    const unread = { code: 'invalid' as const, message: 'Cannot read /etc: it is no file.', hint: '' }
    back.table.join = async (query) => ({ ...(await join(query)), unread: [unread] })
    document.querySelector<HTMLElement>('li button')!.click()
    expect(await screen.findByText('Cannot read /etc: it is no file.')).toBeTruthy()
    expect(screen.getByRole('list', { name: 'Timeline' })).toBeTruthy()
  })

  it('offers no dialog where there is none', async () => {
    await open('logs', ['join'])
    expect(screen.queryByRole('button', { name: 'Choose files…' })).toBeNull()
  })
})

/** A back end that cannot read some queries. */
function refusing(isRefused: (query: string) => boolean, message: string) {
  const back = fake()
  const open_ = back.open.bind(back)
  back.open = ((
    name: never,
    input: { query?: string },
    onEvent: never,
    onError: (error: unknown) => void,
  ) => {
    if (name !== 'requests' || !isRefused(input.query ?? ''))
      return open_(name, input as never, onEvent, onError as never)
    queueMicrotask(() => onError({ code: 'invalid', message, hint: '', field: 'query' }))
    return () => {}
  }) as typeof back.open
  return back
}

describe('a term that is half typed', () => {
  const message = 'The query cannot be read at client:: client takes a name.'
  const shown = () => document.querySelectorAll('[role=row][aria-selected]').length

  it('leaves the rows, tells no count of its own, and exports nothing', async () => {
    await open(
      'logs',
      [],
      {},
      refusing((query) => query.endsWith(':'), message),
    )
    await screen.findByText(/of 48,211 match/)
    await waitFor(() => expect(shown()).toBeGreaterThan(0))
    const field = await type('Search', 'client:')
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'))
    expect(shown()).toBeGreaterThan(0)
    // They are those of the query before.
    expect(screen.queryByText(/match$/)).toBeNull()
    const isDisabled = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Export' }).disabled
    expect(isDisabled()).toBe(true)
    await type('Search', 'status:404')
    await waitFor(() => expect(screen.getByText('120')).toBeTruthy())
    expect(isDisabled()).toBe(false)
  })

  it('offers the clients that were seen, also those whom a query leaves out', async () => {
    await open(
      'logs',
      [],
      {},
      refusing((query) => query.endsWith(':'), message),
    )
    await screen.findByText(/of 48,211 match/)
    await type('Search', 'client:playground ')
    await waitFor(() => expect(location.hash).toContain('text=client%3Aplayground'))
    await waitFor(() => expect(screen.queryByText('48,211')).toBeNull())
    await type('Search', 'client:')
    const offers = screen.getAllByRole('option').map((one) => one.textContent?.trim())
    expect(offers).toEqual(expect.arrayContaining(['client:gitlab-main', 'client:playground']))
  })
})

describe('the strip of time', () => {
  it('takes the whole last bar, up to now, where the hand ends inside of it', async () => {
    await open('logs')
    const strip = await screen.findByRole('group', { name: 'Requests over time' })
    strip.getBoundingClientRect = () => ({ left: 0, width: 1000 }) as DOMRect
    await waitFor(() => expect(strip.querySelector('.n')?.getAttribute('d')).toBeTruthy())
    await fireEvent.pointerDown(strip, { button: 0, clientX: 986, pointerId: 1 })
    await fireEvent.pointerMove(strip, { clientX: 998, pointerId: 1 })
    await fireEvent.pointerUp(strip, { clientX: 998, pointerId: 1 })
    await waitFor(() => expect(location.hash).toContain('since'))
    expect(location.hash).not.toContain('until')
    expect(Number(strip.querySelector('clipPath rect')?.getAttribute('x'))).toBeCloseTo(59, 1)
    // The chip says it by the clock of the reader, its title in full.
    const chip = await waitFor(() => screen.getByTitle(/^since:\d{4}-/))
    expect(chip.textContent).toMatch(/since\s*(\w{3} \d+ \w{3}, )?\d\d:\d\d\s*$/)
  })
})

describe('the drawer', () => {
  it('closes by Escape also from its tabs', async () => {
    await open('logs', [], { id: '2391' })
    const tab = await screen.findByRole('tab', { name: 'Summary' })
    await fireEvent.keyDown(tab, { key: 'ArrowDown' })
    expect(location.hash).toContain('id=2391')
    await fireEvent.keyDown(tab, { key: 'Escape' })
    await waitFor(() => expect(location.hash).not.toContain('id='))
  })
})

describe('the query bar', () => {
  it('shows an id whole when it is short, and says so when it is not', async () => {
    expect(shortId('01JCOMPLETION')).toBe('01JCOMPLETION')
    expect(shortId('019ab3c4d5e67f8091a2b3c4d5e6f708')).toBe('019a…d5e6f708')
    await open('logs', [], { correlation: '01JCOMPLETION' })
    expect((await screen.findByTitle('01JCOMPLETION')).textContent).toContain('01JCOMPLETION')
  })

  it('shows a moment by the clock of the reader, and leaves what was typed', () => {
    const at = new Date(2026, 10, 23, 14, 20, 22)
    const shown = (value: string, now = at) => valueShown({ key: 'since', value }, now.getTime())
    expect(shown(at.toISOString())).toBe('14:20')
    expect(shown(at.toISOString(), new Date(2026, 10, 24, 9))).toBe('Mon 23 Nov, 14:20')
    expect([shown('10m'), shown('10:30:05'), shown('2026-11-23')]).toEqual(['10m', '10:30:05', '2026-11-23'])
    expect(valueShown({ key: 'model', value: '"a b"' }, 0)).toBe('a b')
  })

  const values = { model: ['Mixtral 8x7B', 'mini'], status: ['200', '5xx'], streamed: [] }

  it('shows finished terms with a key as chips and leaves words as text', () => {
    expect(partsOf('status:5xx one -model:"a b" two since:')).toEqual({
      chips: ['status:5xx', '-model:"a b"'],
      rest: 'one two since:',
    })
  })

  it('offers keys and values for the last term alone', () => {
    expect(offersFor('mod', values)).toEqual(['model:'])
    expect(offersFor('x -st', values)).toEqual(['-status:', '-streamed:'])
    expect(offersFor('model:mi', values)).toEqual(['model:"Mixtral 8x7B"', 'model:mini'])
    expect(offersFor('status:200', values)).toEqual([])
    expect(offersFor('model:m ', values)).toEqual([])
    expect(accept('words mod', 'model:')).toBe('words model:')
  })

  it('makes a term a chip at its end, takes it back as text, and removes it', async () => {
    await open('logs')
    const field = await type('Search', 'status:404 ')
    await waitFor(() => expect(location.hash).toContain('text=status%3A404'))
    expect(field.value).toBe('')
    await press('Change status:404')
    await waitFor(() => expect(field.value).toBe('status:404'))
    await fireEvent.keyDown(field, { key: 'Enter' })
    await press('Remove status:404')
    await waitFor(() => expect(location.hash).not.toContain('status'))
  })

  it('marks the term that cannot be read, with the reason', async () => {
    const message = 'The query cannot be read at status:nine: status takes a status such as 500.'
    const back = refusing((query) => query !== '', message)
    await open('logs', [], { text: 'model:mini status:nine' }, back)
    expect(await screen.findByText(/^status takes a status such as 500/)).toBeTruthy()
    const chips = [...document.querySelectorAll('.chip')]
    expect(chips.map((chip) => chip.classList.contains('wrong'))).toEqual([false, true])
  })
})

describe('a running request', () => {
  it('is cancelled from its drawer and then says so', async () => {
    const back = fake()
    back.tick()
    const { rows: known } = back.table.list_requests({ limit: 1 }) as RequestPage
    await open('logs', [], { id: String(known[0]!.id) }, back)
    const detail = within(await screen.findByRole('complementary', { name: 'Request' }))
    ;(await detail.findByRole('button', { name: 'Cancel' })).click()
    expect(await detail.findByText('cancelled by the admin')).toBeTruthy()
    expect(detail.queryByRole('button', { name: 'Cancel' })).toBeNull()
  })
})

describe('the join', () => {
  it('lists the ids of a file and puts one on a timeline with its three hops', async () => {
    await open('logs', ['join'], { files: '/var/log/gitlab/llm.log' })
    const ids = await waitFor(() => {
      const found = document.querySelectorAll<HTMLElement>('li button')
      expect(found.length).toBeGreaterThan(1)
      return found
    })
    ids[0]!.click()
    const list = within(await screen.findByRole('list', { name: 'Timeline' }))
    for (const hop of ['GitLab', 'Gatehouse', 'Model server'])
      expect(list.getAllByText(hop, { selector: '.hop' }).length).toBeGreaterThan(0)
    expect(location.hash).toContain('id=')
  })
})
