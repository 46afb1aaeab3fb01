// Things that grow side by side are shown one in each frame, so that a frame stays short however many there are.
// Where a frame is slow all the same, the next ones show less and leave room after them for keys.

/** A frame that takes longer than this, in milliseconds, is slow. */
const SMOOTH = 18
/** How long nothing is shown after a key, in milliseconds: its character comes first. */
const ROOM = 50
/** The least share of what could be shown that is. */
const LEAST = 0.05

/** Shows a share, from 0 to 1, of what it would show at most. */
export type Show = (share: number) => void

/** Who wants to be shown: first come, first served. */
const waiting = new Set<Show>()
let frame = 0
let shownAt = 0
/** Until when nothing is shown, after a slow frame and after a key. */
let restsUntil = 0
let roomUntil = 0
let share = 1

function next(now: number): void {
  frame = 0
  if (shownAt > 0) {
    const took = now - shownAt
    share = took > SMOOTH ? Math.max(LEAST, share / 2) : Math.min(1, share * 1.25)
    // As long as it took.
    if (took > SMOOTH) restsUntil = now + took
    shownAt = 0
  }
  const [first] = waiting
  if (!first) return
  frame = requestAnimationFrame(next)
  if (now >= restsUntil && now >= roomUntil) run(first, now)
}

function run(show: Show, now: number): void {
  waiting.delete(show)
  shownAt = now
  frame ||= requestAnimationFrame(next)
  show(share)
}

/** Shows something when its turn comes: at once, where nothing else is shown and no key waits for its character. */
export function inTurn(show: Show): void {
  const now = performance.now()
  if (frame === 0 && now >= roomUntil) return run(show, now)
  waiting.add(show)
  frame ||= requestAnimationFrame(next)
}

/** Takes back that something wants to be shown. */
export const notInTurn = (show: Show): boolean => waiting.delete(show)

function makeRoom(): void {
  const now = performance.now()
  // A key that is held down leaves turns between its repeats.
  if (now >= roomUntil) roomUntil = now + ROOM
}
window.addEventListener('keydown', makeRoom, { capture: true, passive: true })
