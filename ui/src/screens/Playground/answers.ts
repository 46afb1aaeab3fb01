// The newest answer of each column that has one.

import { current } from '../../state/trial.svelte'

export type Answered = {
  column: number
  turn: number
  model: string
  text: string
  correlationId: string | undefined
}

export function answers(): Answered[] {
  return current.trial.columns.flatMap(({ model, turns }, column) => {
    const turn = turns.findLastIndex((one) => one.answer && one.answer.text !== '')
    const answer = turns[turn]?.answer
    return answer
      ? [{ column, turn, model, text: answer.text, correlationId: answer.correlation_id ?? undefined }]
      : []
  })
}
