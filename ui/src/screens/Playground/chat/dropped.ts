// Says that turns of a conversation were dropped, and how to have them back.

import { tell } from '../../../state/toasts.svelte'
import type { Dropped } from '../../../state/trial/turns.svelte'
import { playground } from '../../../text/playground'

export function tellDropped({ turns, undo }: Dropped, what: (turns: number) => string): void {
  if (turns === 0) return
  tell({ kind: 'done', what: what(turns), act: { label: playground.measure.undo, run: undo } })
}
