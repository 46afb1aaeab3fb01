// The lines of the history: searched over all that is kept, changed in place, and what can be done to one.

import type { TrialPage } from '../../../api/TrialPage'
import type { TrialRow } from '../../../api/TrialRow'
import { asError, backend, type ApiError } from '../../../backend'
import { go } from '../../../state/router.svelte'
import { tell, tellProblem } from '../../../state/toasts.svelte'
import { begin, current, forget, onSaved, open } from '../../../state/trial.svelte'
import { daysAgo, history as words } from '../../../text/trials'
import type { Trial } from '../../../api/Trial'

const PAGE = 100
const MOST_BYTES = 64_000_000

export type Group = { title: string; rows: TrialRow[] }

/** The lines under their headings, pinned ones first. */
export function grouped(rows: TrialRow[], now: number): Group[] {
  const groups = new Map<string, TrialRow[]>()
  for (const row of rows) {
    const days = daysAgo(row.updated_at, now)
    const title = row.is_pinned
      ? words.pinned
      : days === 0
        ? words.today
        : days === 1
          ? words.yesterday
          : days < 8
            ? words.week
            : words.older
    groups.set(title, [...(groups.get(title) ?? []), row])
  }
  return [...groups].map(([title, rows]) => ({ title, rows }))
}

const ordered = (rows: TrialRow[]) =>
  rows.toSorted(
    (one, other) =>
      Number(other.is_pinned) - Number(one.is_pinned) || other.updated_at.localeCompare(one.updated_at),
  )

export function trials() {
  let page = $state.raw<TrialPage>({ rows: [], matching: 0, total: 0 })
  let search = $state('')
  let limit = $state(PAGE)
  let trouble = $state.raw<ApiError>()
  let asked = 0

  async function refresh() {
    const turn = ++asked
    const query = { limit, skip: 0, search: search.trim() || null }
    try {
      const answer = await backend.call('list_trials', query)
      if (turn !== asked) return
      page = answer
      trouble = undefined
    } catch (thrown) {
      if (turn === asked) trouble = asError(thrown)
    }
  }
  $effect(() => {
    void [search, limit]
    const timer = setTimeout(() => void refresh(), search === '' ? 0 : 150)
    return () => clearTimeout(timer)
  })
  // A save moves a line to the top; only under a search it is asked whether the line belongs there.
  $effect(() =>
    onSaved((row) => {
      if (search.trim() !== '') return
      const isNew = !page.rows.some((one) => one.id === row.id)
      const rows = ordered([row, ...page.rows.filter((one) => one.id !== row.id)])
      const more = isNew ? 1 : 0
      page = { rows, matching: page.matching + more, total: page.total + more }
    }),
  )

  async function mark(row: TrialRow, change: { title?: string; is_pinned?: boolean }) {
    try {
      const next = await backend.call('mark_trial', { id: row.id, ...change })
      if (current.id === next.id) current.row = next
    } catch (thrown) {
      tellProblem(thrown)
    }
    await refresh()
  }

  async function remove(row: TrialRow) {
    try {
      const kept = await backend.call('get_trial', row.id)
      if (current.id === row.id) {
        begin()
        forget()
        go('playground')
      }
      await backend.call('remove_trial', row.id)
      await refresh()
      const undo = async () => {
        const { id, replays, title, is_named, is_pinned } = kept.row
        await backend.call('save_trial', { id, replays: replays ?? null, trial: kept.trial })
        if (is_named || is_pinned)
          await backend.call('mark_trial', { id, is_pinned, ...(is_named ? { title } : {}) })
        await refresh()
      }
      tell({
        kind: 'done',
        what: words.removed(row.title),
        act: { label: words.undo, run: () => void undo().catch(tellProblem) },
      })
    } catch (thrown) {
      tellProblem(thrown)
    }
  }

  return {
    get page() {
      return page
    },
    get error() {
      return trouble
    },
    get search() {
      return search
    },
    set search(next) {
      search = next
    },
    get hasMore() {
      return page.rows.length < page.matching
    },
    more: () => (limit = Math.min(500, limit + PAGE)),
    refresh,
    mark,
    remove,
  }
}

/** A copy of a trial to go on with. */
export async function fork(row: TrialRow): Promise<void> {
  try {
    const trial =
      row.id === current.id
        ? ($state.snapshot(current.trial) as Trial)
        : (await backend.call('get_trial', row.id)).trial
    begin(trial, row.replays ?? undefined)
    go('playground')
    tell({ kind: 'done', what: words.forked })
  } catch (thrown) {
    tellProblem(thrown)
  }
}

/** Writes trials to a file; all when none is named. */
export async function exportTrials(ids: string[] = []): Promise<void> {
  try {
    const { path, rows } = await backend.call('export_trials', ids)
    tell({ kind: 'done', what: words.exported(rows), why: path })
  } catch (thrown) {
    tellProblem(thrown)
  }
}

export async function importTrials(file: File): Promise<boolean> {
  if (file.size > MOST_BYTES) {
    tell({ kind: 'failed', what: words.tooLarge, why: words.tooLargeWhy })
    return false
  }
  try {
    const { added, known } = await backend.call('import_trials', await file.text())
    tell({ kind: 'done', what: words.imported(added, known) })
    return true
  } catch (thrown) {
    tellProblem(thrown)
    return false
  }
}

/** Opens a line; one that is gone is said. */
export async function show(id: string): Promise<void> {
  try {
    await open(id)
  } catch (thrown) {
    tellProblem(thrown)
    go('playground')
  }
}
