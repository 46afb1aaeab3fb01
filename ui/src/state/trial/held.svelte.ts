// The trial that is open, and its way to disk. It lives outside its screen, so that a look elsewhere loses nothing.

import { untrack } from 'svelte'

import type { Trial } from '../../api/Trial'
import type { TrialId } from '../../api/TrialId'
import type { TrialRow } from '../../api/TrialRow'
import { backend } from '../../backend'
import { tellProblem } from '../toasts.svelte'
import { empty, isTouched, newId } from './ask'

export type Current = { id: TrialId; trial: Trial; replays?: string; row?: TrialRow }

/** What of an answer is not kept: since when it is asked, with what, and how its stream is closed. */
export type Live = {
  startedAt: number
  firstAt?: number
  /** How many chunks came: about as many as tokens. */
  chunks: number
  asked: string
  close: () => void
}

export const current = $state<Current>({ id: newId(), trial: empty() })
/** By column. */
export const live = $state<(Live | undefined)[]>([])

const PAUSE = 1000
/** While an answer of a conversation comes, the back end keeps it too: to copy all of it each second would be seen. */
const PAUSE_OF_ANSWERS = 5000
/** Time for the first words of an answer to be shown. */
const SOON = 100
const hearers = new Set<(row: TrialRow) => void>()
let isDirty = false
let isFresh = true
let isTold = false
let saving = 0
let round = $state(0)
let waiting: ReturnType<typeof setTimeout> | undefined

/** Hears of every trial that was saved. */
export function onSaved(hear: (row: TrialRow) => void): () => void {
  hearers.add(hear)
  return () => hearers.delete(hear)
}

async function send(id: TrialId, trial: Trial, replays: string | undefined): Promise<void> {
  if (!isTouched(trial)) return
  saving++
  try {
    const row = await backend.call('save_trial', { id, trial, replays: replays ?? null })
    if (current.id === id) current.row = row
    hearers.forEach((hear) => hear(row))
    isTold = false
  } catch (thrown) {
    // A disk that refuses says so once, not every second.
    if (!isTold) tellProblem(thrown)
    isTold = true
  } finally {
    saving--
  }
}

function flush(trial: Trial): void {
  clearTimeout(waiting)
  waiting = undefined
  isDirty = false
  void send(current.id, trial, current.replays)
}

$effect.root(() => {
  $effect(() => {
    void round
    if (isFresh) {
      // To copy it is to listen to all of it. What changed while it was not listened to is in the copy.
      const copy = $state.snapshot(current.trial) as Trial
      isFresh = false
      if (isDirty) flush(copy)
      return
    }
    isDirty = true
    waiting ??= setTimeout(listen, isAnswering() ? PAUSE_OF_ANSWERS : PAUSE)
  })
})

const isAnswering = () =>
  untrack(
    () =>
      current.trial.mode === 'chat' &&
      current.trial.columns.some(({ turns }) => turns.at(-1)?.answer?.state === 'streaming'),
  )

/** Looks at all of the trial again; what was not saved yet is. */
function listen(): void {
  clearTimeout(waiting)
  waiting = undefined
  isFresh = true
  round++
}

/**
 * Saves a conversation now. Completions are asked for at every pause of the typing, with the whole file: those, like
 * every mode that keeps its last answer only, are saved a second after they change at the latest.
 */
export function save(): void {
  if (current.trial.mode !== 'chat') return
  flush($state.snapshot(current.trial) as Trial)
  listen()
}

/**
 * Saves a conversation in a moment, when answers that begin or end have been shown. What comes of them meanwhile the
 * back end keeps, by their ids.
 */
export function saveSoon(): void {
  if (current.trial.mode !== 'chat') return
  clearTimeout(waiting)
  waiting = setTimeout(save, SOON)
}

/** Puts another trial in the place of the one that is open, which is saved first. */
export function hold(next: Current): void {
  if (isDirty) flush($state.snapshot(current.trial) as Trial)
  live.length = 0
  current.id = next.id
  current.trial = next.trial
  current.replays = next.replays
  current.row = next.row
  listen()
}

/** Forgets what was not saved, as when the trial was removed. */
export function forget(): void {
  clearTimeout(waiting)
  waiting = undefined
  isDirty = false
}

/** Whether all of the trial is saved; begins to save what is not. */
export function isSaved(): boolean {
  leave()
  return saving === 0
}

const leave = () => isDirty && flush($state.snapshot(current.trial) as Trial)
window.addEventListener('pagehide', leave)
document.addEventListener('visibilitychange', () => document.hidden && leave())
