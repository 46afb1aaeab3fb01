// Shows the last of many new things at once, and those before them one in each frame, so that nothing waits for all.

import { untrack } from 'svelte'

/** Which of them are shown: all but the new ones that wait. To be made while a component begins. */
export function backwards(count: () => number, atOnce: number): { isThere: (at: number) => boolean } {
  // Those from `low` to before `high` wait. What was shown before they came stays.
  let low = 0
  let high = $state(0)
  let known = 0
  let frame = 0

  function step() {
    high--
    frame = high > low ? requestAnimationFrame(step) : 0
  }
  $effect.pre(() => {
    const now = count()
    untrack(() => {
      // A few more than before are a thing that grows.
      if (now - known > atOnce) {
        if (high <= low) low = known
        high = now - atOnce
      }
      high = Math.min(high, now)
      known = now
      if (high > low) frame ||= requestAnimationFrame(step)
    })
  })
  $effect(() => () => cancelAnimationFrame(frame))
  return { isThere: (at) => at < low || at >= high }
}
