// The row that the drawer shows. It stays as it was last known when the table loses it, until another is chosen.

import type { RequestView } from '../../api/RequestView'
import { backend } from '../../backend'
import type { requestLog } from './log.svelte'
import { untilEnded } from './unended.svelte'

/** The loaded row that lies next in a direction, 1 for older and -1 for newer: one that is not loaded has
    neighbours, too. Rows stand by their ids, the newest first. */
export function nextTo(rows: RequestView[], id: number | undefined, step: number): number {
  if (id === undefined) return 0
  const behind = rows.findIndex((row) => row.id <= id)
  const at = behind < 0 ? rows.length : behind
  const isLoaded = rows[at]?.id === id
  const to = step > 0 && !isLoaded ? at : at + step
  return Math.max(0, Math.min(rows.length - 1, to))
}

export function chosenRow(id: () => number | undefined, log: ReturnType<typeof requestLog>) {
  let kept = $state.raw<RequestView>()
  let isGone = $state(false)
  const loaded = $derived(log.rows.find((row) => row.id === id()))

  $effect(() => {
    if (loaded) kept = loaded
  })
  // A link may name a row that is not among the loaded ones.
  $effect(() => {
    const asked = id()
    isGone = false
    if (asked === undefined || log.counts === undefined || loaded || kept?.id === asked) return
    backend.call('get_request', asked).then(
      (row) => (kept = row),
      () => (isGone = asked === id()),
    )
  })
  untilEnded(
    () => (!loaded && kept?.state === 'running' && kept.id === id() ? [kept.id] : []),
    (asked, row) => kept?.id === asked && (kept = row),
  )

  return {
    get row() {
      return loaded ?? (kept?.id === id() ? kept : undefined)
    },
    /** Whether the chosen row is not stored any more. */
    get isGone() {
      return isGone
    },
    /** Takes a row in that was read anew. */
    renew(row: RequestView) {
      if (kept?.id === row.id) kept = row
    },
  }
}
