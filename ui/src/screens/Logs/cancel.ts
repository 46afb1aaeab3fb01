// Ends a running request for the admin.

import type { RequestView } from '../../api/RequestView'
import { backend } from '../../backend'
import { tellProblem } from '../../state/toasts.svelte'

/** The row says how it ended as soon as it has. */
export async function cancel(row: RequestView): Promise<void> {
  try {
    await backend.call('cancel_request', row.id)
  } catch (thrown) {
    tellProblem(thrown)
  }
}
