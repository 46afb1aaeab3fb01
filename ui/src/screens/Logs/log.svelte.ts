// The rows on screen: the newest ones as they come, older ones as they are scrolled to.

import type { RequestPage } from '../../api/RequestPage'
import type { RequestQuery } from '../../api/RequestQuery'
import type { RequestView } from '../../api/RequestView'
import { HEIGHT } from '../../parts/Rows.svelte'
import { asError, backend, type ApiError } from '../../backend'

export type Filter = Pick<RequestQuery, 'query'>

const PAGE = 100
/** The newest rows that are looked at: those in sight and some below. Thousands a second may pass there. */
const newestInSight = () => Math.ceil(window.innerHeight / HEIGHT) + 16
/** More than anyone reads; what lies behind is asked for again. */
const MOST = 4000

/** Names of clients that are kept, to be offered; more are not read. */
const CLIENTS_MOST = 500

/** Puts a newer page before the rows. Where rows between the two are unknown, the older ones go. */
export function merge(rows: RequestView[], page: RequestView[], limit: number): RequestView[] {
  const oldest = page.at(-1)?.id
  if (oldest === undefined) return page
  const isGap = page.length >= limit && rows[0] !== undefined && rows[0].id < oldest
  return isGap ? page : [...page, ...rows.filter((row) => row.id < oldest)].slice(0, MOST)
}

export function requestLog(filter: () => Filter) {
  let rows = $state.raw<RequestView[]>([])
  let counts = $state.raw<Pick<RequestPage, 'matching' | 'counted' | 'total'>>()
  let isFollowing = $state(true)
  let fresh = $state(0)
  let trouble = $state.raw<ApiError>()
  let newest: RequestPage | undefined
  let isAsking = false
  let isWhole = false
  let limit = PAGE
  const seen = new Set<string>()
  let clients = $state.raw<string[]>([])

  /** Remembers who asked, also when a later query leaves their rows out. */
  function see(some: RequestView[]) {
    const before = seen.size
    for (const row of some) if (seen.size < CLIENTS_MOST) seen.add(row.client)
    if (seen.size > before) clients = [...seen].sort()
  }
  function take(page: RequestPage, before: RequestView[]) {
    rows = merge(before, page.rows, limit)
    if (rows.length === page.rows.length) isWhole = page.rows.length < limit
    fresh = 0
  }

  $effect(() => {
    limit = newestInSight()
    const query = { ...filter(), limit }
    // The rows of the query before stay until this one has its own: a term that is half typed cannot be read.
    fresh = 0
    trouble = undefined
    newest = undefined
    isWhole = false
    return backend.open(
      'requests',
      query,
      (page) => {
        const isFirst = newest === undefined
        newest = page
        counts = page
        see(page.rows)
        if (isFirst) return take(page, [])
        if (isFollowing) return take(page, rows)
        // A row in sight still ends, even while nothing new is let in.
        const known = new Map(page.rows.map((row) => [row.id, row]))
        rows = rows.map((row) => known.get(row.id) ?? row)
        fresh = page.rows.filter((row) => row.id > (rows[0]?.id ?? 0)).length
      },
      (error) => {
        trouble = error ?? undefined
        if (newest !== undefined || !error || error.field === 'query') return
        rows = []
        counts = undefined
      },
    )
  })

  return {
    get rows() {
      return rows
    },
    get counts() {
      return counts
    },
    /** Who asked in any of the rows that were here. */
    get clients() {
      return clients
    },
    get isFollowing() {
      return isFollowing
    },
    /** How many rows wait to be let in; a full page means that many or more. */
    get fresh() {
      return fresh >= limit ? `${limit}+` : String(fresh)
    },
    get hasFresh() {
      return fresh > 0
    },
    get error() {
      return trouble
    },
    pause() {
      isFollowing = false
    },
    follow() {
      isFollowing = true
      if (newest) take(newest, rows)
    },
    async more() {
      const last = rows.at(-1)
      // Before its first page a query has no rows that others could follow.
      if (isAsking || isWhole || !newest || last === undefined || rows.length >= MOST) return
      isAsking = true
      const query = { ...filter(), before: last.id, limit: PAGE, count: 'skip' as const }
      try {
        const page = await backend.call('list_requests', query)
        // Meanwhile another filter may have been chosen.
        if (rows.at(-1)?.id !== last.id) return
        rows = [...rows, ...page.rows]
        isWhole = page.rows.length < PAGE
        see(page.rows)
      } catch (thrown) {
        trouble = asError(thrown)
      } finally {
        isAsking = false
      }
    },
  }
}
