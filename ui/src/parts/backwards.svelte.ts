// Shows the last of many things at once, and those before them one in each frame, so that nothing waits for all.

import { untrack } from 'svelte'

/** From which one on they are shown. To be made while a component begins. */
export function backwards(count: () => number, atOnce: number): { readonly from: number } {
  let from = $state(0)
  let known = 0
  let frame = 0

  function step() {
    frame = 0
    from = Math.max(0, from - 1)
    if (from > 0) frame = requestAnimationFrame(step)
  }
  $effect.pre(() => {
    const now = count()
    untrack(() => {
      // A few more than before are a thing that grows.
      from = now - known > atOnce ? now - atOnce : Math.min(from, now)
      known = now
      if (from > 0) frame ||= requestAnimationFrame(step)
    })
  })
  $effect(() => () => cancelAnimationFrame(frame))
  return {
    get from() {
      return from
    },
  }
}
