// One sitting at the completion: when to ask, what is proposed, what was taken of it. It outlives its screen.

import { untrack } from 'svelte'

import type { TrialAnswer } from '../../../api/TrialAnswer'
import type { TrialFile } from '../../../api/TrialFile'
import { current, isRunning, live, run, stopAll, type Live } from '../../../state/trial.svelte'
import { settings } from './settings.svelte'
import { askedOf, mayFollow, rest, typedSince, type Asked } from './suggest'

// By the question: columns come and go, and each may be asked at a place of its own.
let places = new WeakMap<Live, Asked>()
let round = $state(0)
let chosen = $state(0)
let opened = $state(0)
let isRejected = $state(false)
let waiting: ReturnType<typeof setTimeout> | undefined

/** Matches no place of any file. */
const NOT_HERE: Asked = { prefix: '\0', suffix: '\0' }
const NOWHERE: TrialFile = { name: '', text: '', cursor: 0 }
const file = () => current.trial.file ?? NOWHERE
export const answerOf = (index: number): TrialAnswer | null | undefined =>
  current.trial.columns[index]?.turns.at(-1)?.answer

/** Where a column was asked; nothing when that was before this sitting. */
export function askedAt(index: number): Asked | undefined {
  void round
  const question = live[index]
  return question && places.get(question)
}
const restOf = (index: number) => rest(askedAt(index), file(), answerOf(index)?.text ?? '')

export const session = {
  /** Which document is open: of which trial, and how many were before it. */
  get document() {
    return `${current.id} ${opened}`
  },
  /** Whose answer is the proposal. */
  get chosen() {
    return Math.min(chosen, current.trial.columns.length - 1)
  },
  /** What is proposed at the cursor. */
  get ghost() {
    return isRejected ? '' : restOf(session.chosen)
  },
  /** Whether an answer belongs to where the cursor stands. */
  isFresh: (index: number) => typedSince(askedAt(index), file()) !== undefined,
  /** What stands in the file of the proposal. */
  get inserted() {
    const typed = typedSince(askedAt(session.chosen), file()) ?? ''
    return (answerOf(session.chosen)?.text ?? '').startsWith(typed) ? typed : ''
  },
}

export function choose(index: number): void {
  chosen = index
  isRejected = false
}

/** Goes to the next (or the one before) candidate that has something to propose here. */
export function walk(step: 1 | -1): void {
  const { length } = current.trial.columns
  for (let far = 1; far <= length; far++) {
    const index = (session.chosen + step * far + length * far) % length
    if (restOf(index) !== '') return choose(index)
  }
}

export function reject(): void {
  isRejected = true
  calm()
  stopAll()
}

/** Takes back that something is about to be asked. */
export function calm(): void {
  clearTimeout(waiting)
  waiting = undefined
}

/** Asks all candidates now. */
export function complete(): void {
  calm()
  run()
}

/** Whoever sends the trial, the place that it asks about is where the cursor stood then. */
export function remember(): void {
  const fresh = current.trial.columns.flatMap((_, index) => {
    const question = live[index]
    return question && !places.has(question) ? [question] : []
  })
  if (fresh.length === 0) return
  untrack(() => {
    const place = askedOf(file())
    fresh.forEach((question) => places.set(question, place))
    round++
    isRejected = false
  })
}

function forget(): void {
  places = new WeakMap(live.filter((one) => one !== undefined).map((one) => [one, NOT_HERE] as const))
  round++
}

/** The file or the cursor was changed by hand. */
export function edit({ text, cursor }: { text: string; cursor: number }): void {
  const before = file()
  const isTyped = text !== before.text
  current.trial.file = { name: before.name, text, cursor }
  calm()
  const isKept = current.trial.columns.some((_, index) => {
    const answer = answerOf(index)
    return !isRejected && answer && mayFollow(askedAt(index), file(), answer)
  })
  if (isKept) return
  forget()
  if (isRunning()) stopAll()
  if (isTyped && current.trial.mode === 'completion' && settings.isAutomatic)
    waiting = setTimeout(complete, settings.pause)
}

/** Puts another file in the place of the one that is open. */
export function put(next: TrialFile): void {
  calm()
  stopAll()
  forget()
  for (const column of current.trial.columns) column.turns = []
  opened++
  const text = next.text.replaceAll(/\r\n?/g, '\n')
  const cursor = next.text.slice(0, next.cursor).replaceAll(/\r\n?/g, '\n').length
  current.trial.file = { name: next.name, text, cursor }
}
