// A list that comes page by page: the newest page first, older ones as they are asked for.

import { untrack } from 'svelte'

import { asError, type ApiError } from '../backend'

type Read<Row, Next> = { rows: Row[]; next: Next | undefined }

export type Pages<Row, Page> = {
  readonly rows: Row[]
  /** The newest page, with what it says beside its rows. */
  readonly page: Page | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly isWhole: boolean
  refresh: () => Promise<void>
  /** Reads what is there anew; what is shown stays until all of it has come. */
  renew: () => Promise<void>
  more: () => Promise<void>
}

/** Rows that fill a tall screen: a page with fewer is followed by the next at once. */
const SCREENFUL = 60

export function pages<Row, Page, Next>(
  ask: (before: Next | undefined) => Promise<Page>,
  read: (page: Page) => Read<Row, Next>,
): Pages<Row, Page> {
  let rows = $state.raw<Row[]>([])
  let page = $state.raw<Page>()
  let next = $state.raw<Next>()
  let error = $state.raw<ApiError>()
  let loading = $state(false)
  let turn = 0

  async function load(from: Next | undefined, kept: Row[], least = 0): Promise<void> {
    const mine = ++turn
    loading = true
    try {
      let all = kept
      let at = from
      do {
        const found = await untrack(() => ask(at))
        // A newer question has been asked meanwhile.
        if (mine !== turn) return
        const part = read(found)
        if (at === undefined) page = found
        all = [...all, ...part.rows]
        at = part.next
        error = undefined
        if (at !== undefined && all.length < least) continue
        rows = all
        next = at
      } while (at !== undefined && all.length < Math.max(least, kept.length + SCREENFUL))
    } catch (thrown) {
      if (mine === turn) error = asError(thrown)
    } finally {
      if (mine === turn) loading = false
    }
  }

  return {
    get rows() {
      return rows
    },
    get page() {
      return page
    },
    get error() {
      return error
    },
    get loading() {
      return loading
    },
    get isWhole() {
      return next === undefined
    },
    refresh: () => load(undefined, []),
    renew: () => load(undefined, [], rows.length),
    more: async () => {
      if (next !== undefined && !loading) await load(next, rows)
    },
  }
}
