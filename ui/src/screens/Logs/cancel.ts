// Ends a running request for the admin.

import type { RequestView } from '../../api/RequestView'
import { backend } from '../../backend'
import { tellProblem } from '../../state/toasts.svelte'

/** The row as it stands then. It is read anew where there was nothing to cancel: it had ended before. */
export async function cancel(row: RequestView): Promise<RequestView> {
  try {
    return await backend.call('cancel_request', row.id)
  } catch (thrown) {
    tellProblem(thrown)
    return backend.call('get_request', row.id).catch(() => row)
  }
}
