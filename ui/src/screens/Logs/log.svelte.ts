// The rows on screen: the newest ones as they come, older ones as they are scrolled to.

import type { RequestPage } from '../../api/RequestPage'
import type { RequestQuery } from '../../api/RequestQuery'
import type { RequestView } from '../../api/RequestView'
import { HEIGHT } from '../../parts/Rows.svelte'
import { asError, backend, type ApiError } from '../../backend'
import { count } from '../../text/format'
import { untilEnded } from './unended.svelte'

export type Filter = Pick<RequestQuery, 'query'>

const PAGE = 100
/** The newest rows that are looked at: those in sight and some below. Thousands a second may pass there. */
const newestInSight = () => Math.ceil(window.innerHeight / HEIGHT) + 16
/** More than anyone scrolls through; what lies behind is asked for by its time. */
const MOST = 20_000

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
  let isMoreFresh = $state(false)
  let trouble = $state.raw<ApiError>()
  let newest: RequestPage | undefined
  /** The last page that was let in. */
  let taken: RequestPage | undefined
  let isAsking = false
  let isWhole = $state(false)
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
    // What came in front has pushed others out at the end.
    else if (rows.length >= MOST) isWhole = false
    taken = page
    fresh = 0
  }
  /** Counts what waits to be let in: what matches more than before, and as far as it is seen by its rows. */
  function wait(page: RequestPage) {
    const first = rows[0]?.id ?? 0
    const seen = page.rows.filter((row) => row.id > first).length
    const isCounted = page.counted && taken?.counted === true
    fresh = isCounted ? Math.max(seen, page.matching - (taken?.matching ?? 0)) : seen
    isMoreFresh = !isCounted && seen >= limit
  }
  function renew(row: RequestView) {
    rows = rows.map((one) => (one.id === row.id ? row : one))
  }

  // A new page says of its own rows how they stand; the others have to be asked for.
  untilEnded(
    () => {
      const said = new Set(newest?.rows.map((row) => row.id))
      return rows.filter((row) => row.state === 'running' && !said.has(row.id)).map((row) => row.id)
    },
    (id, row) => {
      const before = rows.find((one) => one.id === id)
      if (!row) rows = rows.filter((one) => one.id !== id)
      // Meanwhile a page may have said more.
      else if (before?.state === 'running' && row.state !== 'running') renew(row)
    },
  )

  $effect(() => {
    limit = newestInSight()
    const query = { ...filter(), limit }
    // The rows of the query before stay until this one has its own: a term that is half typed cannot be read.
    fresh = 0
    trouble = undefined
    newest = undefined
    taken = undefined
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
        wait(page)
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
    /** How many rows wait to be let in; where they are not counted, a full page means that many or more. */
    get fresh() {
      return isMoreFresh ? `${count(fresh)}+` : count(fresh)
    },
    get hasFresh() {
      return fresh > 0
    },
    get error() {
      return trouble
    },
    /** Whether more rows match than are ever loaded. */
    get isCut() {
      if (rows.length < MOST || isWhole || !counts) return false
      return !counts.counted || counts.matching > rows.length
    },
    /** Takes a row in that was read anew. */
    renew,
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
        isWhole = page.rows.length < PAGE && rows.length + page.rows.length <= MOST
        rows = [...rows, ...page.rows].slice(0, MOST)
        see(page.rows)
      } catch (thrown) {
        trouble = asError(thrown)
      } finally {
        isAsking = false
      }
    },
  }
}
