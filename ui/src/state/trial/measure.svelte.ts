// How long what is asked next is for each column, asked for when the typing pauses.

import type { PromptMeasure } from '../../api/PromptMeasure'
import type { Trial } from '../../api/Trial'
import { backend } from '../../backend'
import { nextMessages, parametersOf, requestOf } from './ask'
import { current } from './held.svelte'
import { isRunning } from './run.svelte'

const PAUSE = 350

export type Measured = { model: string; measure: PromptMeasure; over: number }

/** By how much a prompt and the longest answer that it may get are too long; 0 when they fit. */
export function overBy(measure: PromptMeasure, most: number | null | undefined): number {
  if (!measure.context_tokens) return 0
  return Math.max(0, measure.prompt_tokens + (most ?? 0) - measure.context_tokens)
}

/** The measures by column; none where a model cannot be asked. To be made while a component begins. */
export function measures(): { readonly all: (Measured | undefined)[] } {
  let all = $state.raw<(Measured | undefined)[]>([])

  async function measure(trial: Trial, isLate: () => boolean): Promise<void> {
    const found = trial.columns.map(async ({ model }, index) => {
      const messages = nextMessages(trial, index)
      const request = requestOf(trial, index, { mode: 'chat', messages })
      const last = request.ask.mode === 'chat' ? request.ask.messages.at(-1) : undefined
      // GitLab's own call ends with a question.
      if (model === '' || !last || (request.sent_as === 'gitlab' && last.role !== 'user')) return undefined
      try {
        const measure = await backend.call('measure_prompt', request)
        return { model, measure, over: overBy(measure, parametersOf(trial, index).max_tokens) }
      } catch {
        // What cannot be measured is sent all the same; the answer tells.
        return undefined
      }
    })
    const values = await Promise.all(found)
    if (!isLate()) all = values
  }

  $effect(() => {
    // A growing answer is measured once it is there.
    if (isRunning()) return
    const trial = $state.snapshot(current.trial) as Trial
    let isLate = false
    const timer = setTimeout(() => void measure(trial, () => isLate), PAUSE)
    return () => {
      isLate = true
      clearTimeout(timer)
    }
  })
  return {
    get all() {
      return all
    },
  }
}
