// Rows that end, break off or lie behind what is loaded, and what is said while they come.

import { describe, expect, it } from 'vitest'

import type { RequestPage } from '../src/api/RequestPage'
import type { RequestView } from '../src/api/RequestView'
import type { Status } from '../src/api/Status'
import { fake, type Fake } from '../src/backend/fake'
import { row } from '../src/backend/fake/requests'
// Loaded before the page opens it.
import '../src/screens/Playground/Playground.svelte'
import { nextTo } from '../src/screens/Logs/chosen.svelte'
import { termsOf } from '../src/screens/Logs/query'
import { go, route } from '../src/state/router.svelte'
import { tell, tellProblem } from '../src/state/toasts.svelte'
import { fireEvent, open, press, screen, waitFor, within } from './helpers'

/** As many rows as the newest page has in a window of this height. */
const PAGE = Math.ceil(window.innerHeight / 28) + 16
const from = (newest: number, many: number) => Array.from({ length: many }, (_, place) => newest - place)
const plain = (id: number): RequestView => ({
  ...row(id, Date.now()),
  state: 'completed',
  status: 200,
  client: `client ${id}`,
  error: null,
})
const running = (id: number): RequestView => ({ ...plain(id), ...row(id, Date.now(), true), client: 'slow' })

/** Opens the log on pages that the test pushes. */
async function tailed(query: Record<string, string> = {}, known: Fake = fake()) {
  const back = { ...known }
  let push = (_: RequestPage) => {}
  back.open = ((name, input, onEvent, onEnd) => {
    if (name !== 'requests') return known.open(name, input, onEvent, onEnd)
    push = onEvent as typeof push
    return () => {}
  }) as Fake['open']
  await open('logs', [], query, back)
  const show = (rows: RequestView[], counts: Partial<RequestPage> = {}) =>
    push({ rows, matching: rows.length, total: rows.length, counted: true, ...counts })
  return { back, show }
}
const drawer = () => screen.findByRole('complementary', { name: 'Request' })
const shown = () => [...document.querySelectorAll<HTMLElement>('[role=row][aria-selected]')]

describe('a row that runs', () => {
  it('ends on screen, also when newer rows fill the page', async () => {
    const { back, show } = await tailed()
    back.table.get_request = plain
    back.table.list_requests = () => ({ rows: [], matching: 0, total: 0, counted: true })
    show([...from(PAGE + 2, PAGE - 1).map(plain), running(3)])
    show([...from(PAGE + 3, PAGE).map(plain)])
    const view = document.querySelector('.rows-view')!
    view.scrollTop = PAGE * 28
    view.dispatchEvent(new Event('scroll'))
    await screen.findByText('slow')
    expect(await screen.findByText('client 3')).toBeTruthy()
    expect(screen.queryByText('slow')).toBeNull()
  })

  it('ends in the drawer, which stays when the table loses its row', async () => {
    const { back, show } = await tailed({ id: '3' })
    let ended: RequestView | undefined
    back.table.get_request = (id) => ended ?? running(id)
    show([running(3)])
    const before = await drawer()
    expect(within(before).getByRole('button', { name: 'Cancel' })).toBeTruthy()
    show(from(500, PAGE).map(plain))
    await waitFor(() => expect(shown()[0]?.textContent).toContain('client 500'))
    expect(await drawer()).toBe(before)
    ended = { ...plain(3), state: 'interrupted', status: null }
    expect(await within(before).findByText('Interrupted')).toBeTruthy()
    expect(within(before).queryByRole('button', { name: 'Cancel' })).toBeNull()
  })

  it('is read anew where there was nothing to cancel', async () => {
    const { back, show } = await tailed({ id: '3' })
    back.table.cancel_request = () => {
      throw {
        code: 'invalid',
        message: 'request 3 has ended: completed',
        hint: 'There is nothing to cancel.',
      }
    }
    back.table.get_request = plain
    show([running(3)])
    const detail = within(await drawer())
    detail.getByRole('button', { name: 'Cancel' }).click()
    expect(await screen.findByText('request 3 has ended: completed')).toBeTruthy()
    await waitFor(() => expect(detail.queryByRole('button', { name: 'Cancel' })).toBeNull())
    expect(shown()[0]?.textContent).toContain('client 3')
  })
})

describe('a chosen row that is not loaded', () => {
  it('has neighbours all the same', () => {
    const rows = [9, 8, 5, 4].map(plain)
    const next = (id: number | undefined, step: number) => rows[nextTo(rows, id, step)]?.id
    expect([next(8, 1), next(8, -1), next(9, -1), next(4, 1)]).toEqual([5, 9, 9, 4])
    expect([next(6, 1), next(6, -1)]).toEqual([5, 8])
    expect([next(2, 1), next(2, -1), next(20, 1), next(20, -1)]).toEqual([4, 4, 9, 9])
    expect(next(undefined, 1)).toBe(9)
  })

  it('is left for the nearest one by an arrow', async () => {
    const { show } = await tailed({ id: '3' })
    show([plain(3)])
    await drawer()
    show(from(500, PAGE).map(plain))
    await fireEvent.keyDown(document.body, { key: 'ArrowUp' })
    expect(route.query.id).toBe(String(501 - PAGE))
  })
})

describe('the end of the rows', () => {
  const many = () =>
    from(20_000, 20_000).map((id) => ({ ...plain(9), id, started_at: '2026-11-23T10:00:05.400Z' }))

  it('says that more match than are loaded, and asks for them by their time', async () => {
    const { show } = await tailed({ text: 'model:x until:1h' })
    show(many(), { matching: 48_211, total: 48_211 })
    expect(await screen.findByText(/^These are the newest 20,000 of what matches\./)).toBeTruthy()
    await press('Show older rows')
    const [model, until, ...rest] = termsOf(route.query.text ?? '')
    expect([model, rest]).toEqual(['model:x', []])
    // The next whole second: rows of the same one may lie behind the last.
    expect(new Date(until!.slice('until:'.length)).toISOString()).toBe('2026-11-23T10:00:06.000Z')
  })

  it('says nothing where all are loaded', async () => {
    const { show } = await tailed()
    show(many())
    await screen.findByText('20,000')
    expect(screen.queryByText(/^These are the newest/)).toBeNull()
  })
})

describe('what waits to be let in', () => {
  it('is counted beyond the rows in sight', async () => {
    const { show } = await tailed()
    show([plain(3)], { matching: 100 })
    await press('Pause')
    show(from(9000, PAGE).map(plain), { matching: 1600 })
    expect(await screen.findByText('1,500 new')).toBeTruthy()
    show(from(9000, PAGE).map(plain), { matching: 1000, counted: false })
    expect(await screen.findByText(`${PAGE}+ new`)).toBeTruthy()
  })
})

describe('an answer that broke off', () => {
  it('says so in its row, with moment and reason on its timeline and under what came', async () => {
    const known = fake('state=recording&still')
    const { rows } = await known.call('list_requests', { limit: 100, query: 'state:completed mixtral' })
    const found = rows.find((one) => one.recorded)!
    const broken: RequestView = {
      ...found,
      state: 'failed',
      status: 200,
      finish_reason: null,
      duration_ms: 202,
      error: `${found.model}: the answer of gpu-2 broke off before its end`,
    }
    const { show } = await tailed({ id: String(found.id) }, known)
    show([broken])
    const detail = within(await drawer())
    expect(shown()[0]?.textContent).toContain('Broke off')
    ;(await detail.findByRole('tab', { name: 'Timeline' })).click()
    const last = async () =>
      within(await detail.findByRole('list', { name: 'Timeline' }))
        .getAllByRole('listitem')
        .at(-1)?.textContent
    expect(await last()).toMatch(/^202 ms Broke off The answer of gpu-2 broke off before its end\./)
    detail.getByRole('tab', { name: 'Prompt as sent' }).click()
    expect(await detail.findByText(/so reads go on/)).toBeTruthy()
    expect(detail.getByText('The answer of gpu-2 broke off before its end.')).toBeTruthy()
    // The drawer remembers its tab.
    detail.getByRole('tab', { name: 'Summary' }).click()
  })

  it('is no answer where the request was refused', async () => {
    const { show } = await tailed({ id: '3' })
    show([{ ...plain(3), state: 'failed', status: 401, streamed: true, completion_tokens: null }])
    const detail = within(await drawer())
    expect(detail.getByText('401', { selector: 'dd' })).toBeTruthy()
    expect(detail.queryByText(/^streamed$|not counted/)).toBeNull()
  })
})

describe('a recorded request', () => {
  async function recordedRow(known: Fake) {
    const { rows } = await known.call('list_requests', { limit: 100, query: 'state:completed mixtral' })
    return rows.find((one) => one.recorded)!
  }

  it('says why it cannot be copied while the gateway is stopped', async () => {
    const known = fake('state=recording&still')
    await known.table.stop_gateway(null)
    const { id } = await recordedRow(known)
    await open('logs', [], { id: String(id) }, known)
    const button = await screen.findByRole('button', { name: 'Copy as curl' })
    expect([button.hasAttribute('disabled'), button.title]).toEqual([
      true,
      expect.stringMatching(/^The gateway does not run/),
    ])
  })

  it('replays the chosen row with R', async () => {
    const known = fake('state=recording&still')
    const { id } = await recordedRow(known)
    await open('logs', [], { id: String(id) }, known)
    await screen.findByRole('link', { name: 'Replay' })
    await fireEvent.keyDown(window, { key: 'r' })
    await waitFor(() => expect(route.screen).toBe('playground'))
  })

  it('warns before it is replayed without its secrets, and in the playground', async () => {
    const known = fake('state=recording&still')
    const { id } = await recordedRow(known)
    const { recorded_request, trial_of_request } = known.table
    known.table.recorded_request = async (asked) => {
      const kept = await recorded_request(asked)
      return { ...kept, received: { ...kept.received, content: '{"user":"[REDACTED]"}' } }
    }
    known.table.trial_of_request = async (asked) => ({
      ...(await trial_of_request(asked)),
      typed: 'Mail [REDACTED]',
    })
    await open('logs', [], { id: String(id) }, known)
    const replay = await screen.findByRole('link', { name: 'Replay' })
    await waitFor(() => expect(replay.title).toContain('[REDACTED]'))
    go('playground', [], { replay: String(id) })
    expect(await screen.findByText('Secrets in this request were replaced')).toBeTruthy()
  })
})

describe('a notice', () => {
  it('says that a recording has ended by itself', async () => {
    const back = await open('models', [], {}, fake('state=recording&still'))
    expect(await screen.findByText(/^41 held/)).toBeTruthy()
    // Its time is over: the back end tells the status.
    await back.table.stop_recording(null)
    expect(await screen.findByText('The recording has ended')).toBeTruthy()
    expect(screen.getByText(/^41 requests held\./)).toBeTruthy()
  })

  it('of a failure goes with the view that it is about, of a success by itself', async () => {
    await open('logs')
    tellProblem({ code: 'invalid', message: 'It did not work.', hint: 'Try again.' })
    tell({ kind: 'done', what: 'It worked' })
    expect(await screen.findByText('It did not work.')).toBeTruthy()
    go('logs', ['audit'])
    await waitFor(() => expect(screen.queryByText('It did not work.')).toBeNull())
    expect(screen.getByText('It worked')).toBeTruthy()
  })
})

describe('what the drawing has', () => {
  it('says Fallback of an answer that another model gave', async () => {
    const { show } = await tailed()
    show([
      { ...plain(2), answered_by: 'spare' },
      { ...plain(1), answered_by: null },
    ])
    expect(await screen.findByText('Fallback')).toBeTruthy()
    expect(screen.getAllByText('200')).toHaveLength(1)
  })

  it('leads from the banner to what is redacted', async () => {
    await open('models', [], {}, fake('state=recording&still'))
    ;(await screen.findByRole('link', { name: 'Redaction preview' })).click()
    await waitFor(() => expect([route.screen, route.path[0]]).toEqual(['settings', 'redaction']))
  })
})

describe('the counter', () => {
  it('tells what was lost apart from what is not written yet', async () => {
    const known = fake('still')
    const changed = (now: Status): Status => {
      const log = { ...now.log, lost: 1_200, sentence: '1200 requests were given up.' }
      return { ...now, log, accepted: now.logged + 1_203 }
    }
    const back = { ...known }
    back.open = ((name, input, onEvent, onEnd) => {
      const told = onEvent as (now: unknown) => void
      const onStatus = name === 'status' ? (now: unknown) => told(changed(now as Status)) : told
      return known.open(name, input, onStatus as typeof onEvent, onEnd)
    }) as Fake['open']
    await open('logs', [], {}, back)
    expect((await screen.findByText('1,200 lost')).title).toBe('1200 requests were given up.')
    expect(screen.getByText('3 not logged yet')).toBeTruthy()
    expect(screen.queryByText('accepted = logged')).toBeNull()
  })
})
