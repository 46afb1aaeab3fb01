// A trial whose answers are spoken by the test.

import type { PromptEvent } from '../src/api/PromptEvent'
import type { PromptRequest } from '../src/api/PromptRequest'
import type { SaveTrial } from '../src/api/SaveTrial'
import { fake, type Fake } from '../src/backend/fake'
import { use } from '../src/backend'
import { begin, current, run } from '../src/state/trial.svelte'

export type Stream = { request: PromptRequest; say: (event: PromptEvent) => void; isClosed: boolean }

/** A back end whose answers are spoken by the test. */
export function spoken(): { back: Fake; streams: Stream[]; saved: () => SaveTrial[] } {
  const back = fake()
  const streams: Stream[] = []
  const other = back.open
  back.open = (name, input, onEvent, onEnd) => {
    if (name !== 'prompt') return other(name, input, onEvent, onEnd)
    const say = onEvent as unknown as Stream['say']
    const stream = { request: input as PromptRequest, say, isClosed: false }
    streams.push(stream)
    return () => (stream.isClosed = true)
  }
  const saved = () =>
    back.calls.filter((call) => call.name === 'save_trial').map((call) => call.input as SaveTrial)
  return { back, streams, saved }
}

export const said = (text: string, chunks = 0): PromptEvent => ({
  type: 'delta',
  text,
  reasoning: '',
  chunks,
})
export const done: PromptEvent = { type: 'finished', summary: { correlation_id: 'x', duration_ms: 1 } }
export const answerOf = (column: number) => current.trial.columns[column]?.turns.at(-1)?.answer

/** Answers what was asked, and goes on with these questions. */
export function converse(streams: Stream[], ...questions: string[]): void {
  const answer = () => streams.forEach(({ say }) => [said('So.'), done].forEach(say))
  answer()
  for (const question of questions) {
    current.trial.typed = question
    run()
    answer()
  }
}

/** The conversations as they are. */
export const turnsNow = () =>
  current.trial.columns.map((column) => JSON.parse(JSON.stringify(column.turns)) as unknown)

/** A new trial with these models, and a question that was sent. */
export function asked(question: string, ...models: string[]) {
  const { back, streams, saved } = spoken()
  use(back)
  begin({ columns: models.map((model) => ({ model, parameters: {}, turns: [] })), typed: question })
  run()
  return { back, streams, saved }
}

/** A new trial with two columns, and nothing asked. */
export function twoSpoken() {
  const made = spoken()
  use(made.back)
  begin({ columns: ['one', 'two'].map((model) => ({ model, parameters: {}, turns: [] })) })
  return made
}
