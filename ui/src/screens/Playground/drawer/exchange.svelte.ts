// What was sent and what came back for the answer that is looked at, with its row of the log.

import type { RecordedContent } from '../../../api/RecordedContent'
import { asError, backend, type ApiError } from '../../../backend'
import type { Asked, Pages } from '../../../parts/exchange/pages'
import { current, exchangeOf } from '../../../state/trial.svelte'
import { panels } from '../panels.svelte'

type Shown = { recorded: RecordedContent; row: Asked; pages: Pages }

/** Where a client asks, in case the row is not written yet. */
const PATHS = {
  chat: '/v1/chat/completions',
  completion: '/v1/completions',
  generation: '/v1/chat/completions',
} as const

export function exchange() {
  let shown = $state.raw<Shown>()
  let trouble = $state.raw<ApiError>()
  const column = $derived(current.trial.columns[panels.column])
  const answer = $derived(column?.turns.findLast((turn) => turn.answer)?.answer ?? undefined)
  // What is still coming is not all there: it is asked for at its end.
  const id = $derived(
    answer && answer.state !== 'streaming' ? (answer.correlation_id ?? undefined) : undefined,
  )

  async function load(asked: string): Promise<Shown> {
    const recorded = await exchangeOf(asked)
    const known = recorded.row == null ? undefined : await backend.call('get_request', recorded.row)
    const { mode, raw } = current.trial
    const path = mode === 'raw' ? (raw?.path ?? '') : PATHS[mode]
    return {
      recorded,
      row: known ?? { method: 'POST', path, model: column?.model ?? '' },
      pages: (body, offset) => backend.call('prompt_body', { correlation_id: asked, body, offset }),
    }
  }

  $effect(() => {
    shown = undefined
    trouble = undefined
    if (id === undefined) return
    let isLate = false
    load(id).then(
      (found) => !isLate && (shown = found),
      (thrown) => !isLate && (trouble = asError(thrown)),
    )
    return () => (isLate = true)
  })
  return {
    get shown() {
      return shown
    },
    get error() {
      return trouble
    },
    get isComing() {
      return answer?.state === 'streaming'
    },
  }
}
