import { describe, expect, it } from 'vitest'

import type { ChangePage } from '../src/api/ChangePage'
import { fake } from '../src/backend/fake'
import { pages } from '../src/state/pages.svelte'
import { setStatus, world } from '../src/state/world.svelte'
import { open, press, screen, type, waitFor, within } from './helpers'

describe('pages', () => {
  type Page = { rows: number[]; next: string | null }
  const of = (answers: Record<string, Page>) => {
    const asked: string[] = []
    const list = pages<number, Page, string>(
      async (before) => {
        asked.push(before ?? 'first')
        return answers[before ?? 'first']!
      },
      ({ rows, next }) => ({ rows, next: next ?? undefined }),
    )
    return { list, asked }
  }

  it('go on by themselves while a search has found little', async () => {
    const { list, asked } = of({
      first: { rows: [], next: 'a' },
      a: { rows: [3], next: 'b' },
      b: { rows: [2, 1], next: null },
    })
    await list.refresh()
    expect(asked).toEqual(['first', 'a', 'b'])
    expect(list.rows).toEqual([3, 2, 1])
    expect(list.isWhole).toBe(true)
  })

  it('wait for the reader when a screen is full', async () => {
    const many = Array.from({ length: 100 }, (_, place) => place)
    const { list, asked } = of({ first: { rows: many, next: 'a' }, a: { rows: [-1], next: null } })
    await list.refresh()
    expect([asked.length, list.rows.length, list.isWhole]).toEqual([1, 100, false])
    await list.more()
    expect([list.rows.length, list.isWhole]).toEqual([101, true])
  })

  it('are read anew as far as they are shown', async () => {
    const many = Array.from({ length: 100 }, (_, place) => place)
    const { list, asked } = of({ first: { rows: many, next: 'a' }, a: { rows: [-1], next: null } })
    await list.refresh()
    await list.more()
    const renewed = list.renew()
    await Promise.resolve()
    expect(list.rows.length).toBe(101)
    await renewed
    expect(asked).toEqual(['first', 'a', 'first', 'a'])
    expect([list.rows.length, list.isWhole]).toEqual([101, true])
  })
})

describe('the audit', () => {
  it('shows what was taken away and added, by sign and by word', async () => {
    await open('logs', ['audit'], { id: '6' })
    const drawer = within(await screen.findByRole('complementary', { name: 'Change' }))
    const box = drawer.getByLabelText('models › gpu-3 › endpoint', { selector: 'pre' })
    expect(box.querySelector('.less')?.textContent).toBe('removed: − http://gpu-3:8000\n')
    expect(box.querySelector('.more')?.textContent).toBe('added: + http://gpu-3:8000/v1\n')
  })

  it('undoes a change and opens the one that did', async () => {
    const back = await open('logs', ['audit'], { id: '6' })
    const drawer = within(await screen.findByRole('complementary', { name: 'Change' }))
    drawer.getByRole('button', { name: 'Undo' }).click()
    await waitFor(() => expect(back.calls.find((call) => call.name === 'undo_change')?.input).toBe(6))
    await screen.findByRole('button', { name: 'Undoes change 6' })
    await press('Undoes change 6')
    await screen.findByRole('button', { name: 'Undone by change 7' })
    expect(screen.getByText('It was undone by change 7.')).toBeTruthy()
  })

  it('says why a change cannot be undone instead of offering it', async () => {
    await open('logs', ['audit'], { id: '5' })
    const drawer = within(await screen.findByRole('complementary', { name: 'Change' }))
    expect(drawer.getByText(/Keys are not kept here/)).toBeTruthy()
    expect(drawer.queryByRole('button', { name: 'Undo' })).toBeNull()
  })

  it('says a refusal where the undo was asked for', async () => {
    const back = fake()
    back.table.undo_change = () => {
      throw {
        code: 'invalid',
        message: 'Changed since: models › gpu-3 › endpoint.',
        hint: 'Undo that first.',
      }
    }
    await open('logs', ['audit'], { id: '6' }, back)
    await press('Undo')
    await screen.findByText('Changed since: models › gpu-3 › endpoint.')
  })

  it('shows what others change meanwhile', async () => {
    const back = await open('logs', ['audit'])
    await screen.findByRole('tab', { name: 'Audit', selected: true })
    await waitFor(() => expect(back.calls.some((call) => call.name === 'list_changes')).toBe(true))
    const { rows, ...rest } = back.table.list_changes({ limit: 100, before: null, search: '' }) as ChangePage
    const added = { ...rows[0]!, id: 99, sentence: 'Changed by a command' }
    back.table.list_changes = () => ({ ...rest, rows: [added, ...rows] })
    expect(screen.queryByText('Changed by a command')).toBeNull()
    setStatus({ ...world.status!, audited: 1 })
    await screen.findByText('Changed by a command')
  })

  it('searches all changes, and says so when none matches', async () => {
    await open('logs', ['audit'])
    await type('Search the changes', 'no such word')
    await screen.findByText('All 6 kept changes were searched.')
    await type('Search the changes', 'endpoint')
    await waitFor(() => expect(screen.getByText('1', { selector: 'b' })).toBeTruthy())
  })
})

describe('the service log', () => {
  it('leads from a line to the requests with its id', async () => {
    await open('logs', ['service'], { level: 'error' })
    const line = (await screen.findAllByText('a request panicked'))[0]!
    line.click()
    const go = await screen.findByRole('link', { name: 'Requests with this id' })
    expect(go.getAttribute('href')).toBe('#/logs?correlation=01JD9ZBQ7T3K5M8N')
    expect(screen.queryByText('the gateway listens')).toBeNull()
  })

  it('reads older pages until a search has found all', async () => {
    const back = fake()
    const asked: unknown[] = []
    back.table.service_log = (query) => {
      asked.push(query.before)
      const at = '2026-11-22T10:00:00Z'
      const rows = [{ at, level: 'info' as const, target: 't', message: `page ${asked.length}`, fields: [] }]
      return { rows, next: asked.length < 3 ? `p${asked.length}` : null, folder: '/logs' }
    }
    await open('logs', ['service'], { text: 'page' }, back)
    await screen.findByText('page 3')
    expect(asked).toEqual([null, 'p1', 'p2'])
    await screen.findByText('3 lines, all that match')
  })
})
