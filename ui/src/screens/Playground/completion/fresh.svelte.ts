// How a trial about code begins: with a file to try, and a model that is there for code.

import { untrack } from 'svelte'

import { current, MOST_COLUMNS } from '../../../state/trial.svelte'
import { world } from '../../../state/world.svelte'
import { SAMPLES } from '../../../text/samples'
import { first } from '../choices'
import { put } from './session.svelte'

const FEATURES = { completion: 'code_completions', generation: 'code_generations' } as const

/** The name that clients ask for this, when somebody answers it. */
export function featureFor(mode: 'completion' | 'generation'): string | undefined {
  return world.features.find((view) => view.name === FEATURES[mode] && view.answered_by)?.name
}

/** Gives a trial without a file one, and one that was just begun the model that clients would get. */
export function settle(): void {
  const { mode, file, columns } = current.trial
  if (file) {
    // A file of another machine; editors count its line ends as one letter.
    if (file.text.includes('\r')) untrack(() => put($state.snapshot(file)))
    return
  }
  if (!world.isKnown || (mode !== 'completion' && mode !== 'generation')) return
  untrack(() => {
    const sample = SAMPLES[0]
    if (sample) put({ ...sample })
    const only = columns[0]
    const isGiven = columns.length > 1 || (only?.model !== '' && only?.model !== first())
    if (only && !isGiven) only.model = featureFor(mode) ?? only.model
  })
}

export const isFull = () => current.trial.columns.length >= MOST_COLUMNS
