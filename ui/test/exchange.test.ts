import { describe, expect, it } from 'vitest'

import type { BodyView } from '../src/api/BodyView'
import type { RecordedRequest } from '../src/api/RecordedRequest'
import type { RequestPage } from '../src/api/RequestPage'
import type { RequestView } from '../src/api/RequestView'
import { fake, type Fake } from '../src/backend/fake'
import { body } from '../src/backend/fake/recording'
import { whyUnsendable } from '../src/parts/exchange/pages'
import { open, screen, waitFor, within } from './helpers'

const ASKED = '{"model":"duo_chat","messages":[{"role":"user","content":"My key is [redacted]"}]}'
const redacted = (by: number): BodyView => ({ ...body(0, ASKED), size: ASKED.length + by })
const cut: BodyView = { ...body(0, '{"model":"duo_chat","mess'), size: 1_500_000, cut: 'too_long' }
const binary: BodyView = { ...body(0, '/w=='), size: 1, kept: 1, is_binary: true }

const recording = () => fake('state=recording&still')

/** The drawer of the first row that a query finds, at a tab. */
async function drawer(back: Fake, query: string, tab: string) {
  const page = back.table.list_requests({ limit: 100, query }) as RequestPage
  const row = page.rows[0]!
  await open('logs', [], { id: String(row.id) }, back)
  const detail = within(await screen.findByRole('complementary', { name: 'Request' }))
  // The drawer remembers its tab.
  ;(await detail.findByRole('tab', { name: tab })).click()
  return detail
}

/** The drawer of a recorded chat, of which this was received. */
function recorded(
  received: BodyView,
  tab: string,
  change: (kept: RecordedRequest) => RecordedRequest = same,
) {
  const back = recording()
  const known = back.table.recorded_request
  back.table.recorded_request = (id) => change({ ...(known(id) as RecordedRequest), received })
  return drawer(back, 'state:completed mixtral', tab)
}
const same = (kept: RecordedRequest) => kept

describe('a body of which something was redacted', () => {
  it.each([
    ['shorter', 26],
    ['longer', -9],
  ])('is whole, though it became %s', async (_, by) => {
    const detail = await recorded(redacted(by), 'Raw', (kept) => ({
      ...kept,
      answer: { ...kept.answer, size: kept.answer.size + by },
      calls: kept.calls.map((call) => ({ ...call, body: { ...redacted(by), body: 2 } })),
    }))
    expect(await detail.findByRole('button', { name: 'Copy as curl' })).toBeTruthy()
    expect(detail.getByRole('link', { name: 'Replay' })).toBeTruthy()
    expect(await detail.findByRole('heading', { name: /^Given to the client/ })).toBeTruthy()
    expect(detail.queryByText(/ kept: /)).toBeNull()
    detail.getByRole('tab', { name: 'Prompt as sent' }).click()
    expect(await detail.findByText('My key is [redacted]')).toBeTruthy()
    expect(detail.queryByText(/ kept: /)).toBeNull()
  })

  it('can be sent again, unlike one that was cut and one that is no text', () => {
    expect(
      [redacted(26), redacted(-9), cut, { ...cut, cut: 'no_room' as const }, binary].map(whyUnsendable),
    ).toEqual([undefined, undefined, 'cut', 'cut', 'binary'])
  })
})

describe('a body that cannot be sent again', () => {
  it('says that it was cut, and is not repeated', async () => {
    const detail = await recorded(cut, 'Raw')
    expect(await detail.findByText('Not kept in full, so it cannot be copied as curl')).toBeTruthy()
    expect(detail.getByText(/^25 bytes of 1\.[45] MB kept: /)).toBeTruthy()
    const replay = detail.getByRole('button', {
      name: 'Replay',
      description: 'Only the beginning of this request is kept, so it cannot be repeated.',
    })
    expect(replay).toHaveProperty('disabled', true)
    expect(detail.queryByRole('link', { name: 'Replay' })).toBeNull()
  })

  it('says that it is no text', async () => {
    const detail = await recorded(binary, 'Raw')
    expect(await detail.findByText('No text, so it cannot be copied as curl')).toBeTruthy()
    expect(detail.getByText('This is no text, and so not shown.')).toBeTruthy()
    expect(
      detail.getByRole('button', { description: 'This request is no text, so it cannot be repeated.' }),
    ).toBeTruthy()
  })
})

describe('a request that was refused', () => {
  const unread = 'It was refused before its body was read, so there is nothing to show.'

  it('is not to be sent again for a recording when its body was never read', async () => {
    const detail = await drawer(recording(), 'state:refused', 'Prompt as sent')
    expect(await detail.findByText(unread)).toBeTruthy()
    expect(detail.queryByText(/send the request again/)).toBeNull()
    expect(
      detail.getByRole('button', {
        name: 'Replay',
        description: 'It was refused before its body was read, so it cannot be repeated.',
      }),
    ).toHaveProperty('disabled', true)
  })

  it('is one of those that a recording would have kept when its body was read', async () => {
    const back = recording()
    change(back, (row) => ({ ...row, params: [{ key: 'model', value: 'Mistral 7B-it' }] }))
    const detail = await drawer(back, 'state:refused', 'Prompt as sent')
    expect(await detail.findByText('A recording is on now: send the request again.')).toBeTruthy()
    expect(detail.queryByText(unread)).toBeNull()
  })
})

describe('a request that runs', () => {
  it('has no answer yet, and nothing of one is counted', async () => {
    const back = recording()
    change(back, (row) => ({ ...row, state: 'running', status: null, completion_tokens: null }))
    const detail = await drawer(back, 'state:completed mixtral', 'Summary')
    await waitFor(() => expect(detail.getByText('no full answer yet')).toBeTruthy())
    expect(detail.queryByText('no status')).toBeNull()
    expect(detail.queryByText('not counted by the server')).toBeNull()
  })
})

/** Changes the rows that the back end answers with. */
function change(back: Fake, of: (row: RequestView) => RequestView): void {
  const { list_requests: list, get_request: get } = back.table
  const changed = (page: RequestPage): RequestPage => ({ ...page, rows: page.rows.map(of) })
  back.table.list_requests = (query) => changed(list(query) as RequestPage)
  back.table.get_request = (id) => of(get(id) as RequestView)
  const other = back.open
  back.open = (name, input, onEvent, onEnd) => {
    const hear = onEvent as unknown as (event: unknown) => void
    const told = (event: unknown) => hear(name === 'requests' ? changed(event as RequestPage) : event)
    return other(name, input, told as unknown as typeof onEvent, onEnd)
  }
}
