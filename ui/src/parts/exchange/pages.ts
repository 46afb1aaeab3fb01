// What is kept of a request, wherever it is kept: long bodies come page by page.

import type { BodyView } from '../../api/BodyView'
import type { RequestView } from '../../api/RequestView'

/** What an exchange is shown with, of its row in the log. */
export type Asked = Pick<RequestView, 'method' | 'path' | 'model' | 'family' | 'finish_reason' | 'error'> &
  Partial<Pick<RequestView, 'state'>>

/** Asks for a page of a body: its number, and where the page begins. */
export type Pages = (body: number, offset: number) => Promise<BodyView>

/** A body as far as it was read. */
export type Loaded = Pick<BodyView, 'content' | 'next'>

/** The rest of a body, which is no longer than what is kept of one. */
export async function wholeOf(pages: Pages, body: BodyView): Promise<string> {
  let { content, next } = body
  while (next !== null) {
    const page = await pages(body.body, next)
    content += page.content
    // A page that does not go on would be asked for for ever.
    next = page.next !== null && page.next > next ? page.next : null
  }
  return content
}

/** What stands in the place of a secret that was taken out. */
export const REDACTED = '[REDACTED]'

/** Why a body cannot be sent again as it is kept; nothing for a text that is there in full. */
export function whyUnsendable({ is_binary, cut }: BodyView): 'binary' | 'cut' | undefined {
  if (is_binary) return 'binary'
  // Lengths tell nothing: what was redacted is shorter or longer than what came.
  return cut ? 'cut' : undefined
}
