// What is kept of one request, asked for when its row is looked at, and long bodies page by page.

import type { RecordedRequest } from '../../api/RecordedRequest'
import type { RequestView } from '../../api/RequestView'
import { asError, backend, type ApiError } from '../../backend'
import type { Pages } from '../../parts/exchange/pages'
import { world } from '../../state/world.svelte'

/** Asks for more of a body of a request. */
export const pagesOf =
  (id: number): Pages =>
  (body, offset) =>
    backend.call('recorded_body', { id, body, offset })

/** Whether a request was refused before its body was read, which no recording changes. The log keeps parameters
    of every body that was read. */
export const isUnread = (row: RequestView): boolean => row.state === 'refused' && row.params.length === 0

export function recordedOf(row: () => RequestView) {
  let value = $state.raw<RecordedRequest>()
  let trouble = $state.raw<ApiError>()
  const id = $derived(row().id)
  // The mark of a row that is not read again outlives a purge.
  const isKept = $derived(row().recorded && (world.status?.recording.requests ?? 0) > 0)

  $effect(() => {
    const asked = id
    value = undefined
    trouble = undefined
    if (!isKept) return
    let isLate = false
    backend.call('recorded_request', asked).then(
      (answer) => !isLate && (value = answer),
      (thrown) => !isLate && (trouble = asError(thrown)),
    )
    return () => (isLate = true)
  })

  return {
    get isKept() {
      return isKept && trouble?.code !== 'not_found'
    },
    get value() {
      return value
    },
    get error() {
      return trouble
    },
  }
}
