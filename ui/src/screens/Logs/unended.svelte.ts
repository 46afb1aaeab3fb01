// Asks again about rows that run and that no new page shows any more, until they have ended.

import { untrack } from 'svelte'

import type { RequestView } from '../../api/RequestView'
import { asError, backend } from '../../backend'
import { clock } from '../../state/clock.svelte'

/** How many rows are asked for at a time. Where more run, they take turns. */
const AT_ONCE = 50

/** A row of which nothing came is not stored any more. */
export type Take = (id: number, row: RequestView | undefined) => void

/** With each second that the clock counts, and never before all answers to the second before are there. */
export function untilEnded(running: () => number[], take: Take): void {
  let isAsking = false
  /** The last one that was asked for; the next turn begins behind it. */
  let last = Infinity

  async function ask(id: number) {
    try {
      take(id, await backend.call('get_request', id))
    } catch (thrown) {
      // Any other trouble may be over with the next second.
      if (asError(thrown).code === 'not_found') take(id, undefined)
    }
  }
  async function round() {
    if (isAsking) return
    const ids = running()
    const turn = [...ids.filter((id) => id < last), ...ids.filter((id) => id >= last)].slice(0, AT_ONCE)
    last = turn.at(-1) ?? Infinity
    isAsking = true
    await Promise.all(turn.map(ask))
    isAsking = false
  }

  $effect(() => {
    void clock.now
    untrack(() => void round())
  })
}
