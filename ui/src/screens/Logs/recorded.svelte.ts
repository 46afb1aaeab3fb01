// What is kept of one request, asked for when its row is looked at, and long bodies page by page.

import type { BodyView } from '../../api/BodyView'
import type { RecordedRequest } from '../../api/RecordedRequest'
import type { RequestView } from '../../api/RequestView'
import { asError, backend, type ApiError } from '../../backend'
import { world } from '../../state/world.svelte'

/** A body as far as it was read. */
export type Loaded = Pick<BodyView, 'content' | 'next'>

/** The rest of a body, which is no longer than what a recording keeps of one. */
export async function wholeOf(id: number, body: BodyView): Promise<string> {
  let { content, next } = body
  while (next !== null) {
    const page = await backend.call('recorded_body', { id, body: body.body, offset: next })
    content += page.content
    // A page that does not go on would be asked for for ever.
    next = page.next !== null && page.next > next ? page.next : null
  }
  return content
}

/** Whether a body is there in full and is text: only then can it be sent again. */
export const isWhole = (body: BodyView): boolean => !body.is_binary && body.kept === body.size

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
