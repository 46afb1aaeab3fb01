// What is done to the turns of a conversation: asked again, asked otherwise, answered for a tool, dropped.

import type { Message } from '../../api/Message'
import type { TrialTurn } from '../../api/TrialTurn'
import { backend } from '../../backend'
import { nextMessages, parametersOf, requestOf } from './ask'
import { current, save } from './held.svelte'
import { overBy } from './measure.svelte'
import { ask, stop } from './run.svelte'

/** The words of a turn's question; nothing where tools answer. */
export const asked = (turn: TrialTurn | undefined): Message | undefined =>
  turn?.ask.find((message) => message.role === 'user')

/** The columns that asked the same at the same place, among them the one that is looked at. */
export function alike(index: number, place: number): number[] {
  const { columns } = current.trial
  const text = asked(columns[index]?.turns[place])?.content
  return columns.flatMap((column, at) => {
    const isSame = at === index || asked(column.turns[place])?.content === text
    return isSame ? [at] : []
  })
}

/** How many turns a conversation lost, the most of any column, and how it is brought back. */
export type Dropped = { turns: number; undo: () => void }

/** Brings the conversations of columns back as they are now. What still comes is cut, before and after. */
function rewinding(columns: number[]): () => void {
  const kept = columns.flatMap((index) => {
    stop(index)
    const column = current.trial.columns[index]
    return column ? [{ column, turns: $state.snapshot(column.turns) as TrialTurn[] }] : []
  })
  return () => {
    for (const { column, turns } of kept) {
      // Columns may have moved or gone meanwhile, and with another trial all of them.
      const index = current.trial.columns.indexOf(column)
      if (index < 0) continue
      stop(index)
      column.turns = turns
    }
    save()
  }
}

/** Asks something else at a turn; what came after it is dropped. */
export function resend(columns: number[], place: number, content: string): Dropped {
  const those = columns.filter((index) => asked(current.trial.columns[index]?.turns[place]))
  const undo = rewinding(those)
  let most = 0
  for (const index of those) {
    const turns = current.trial.columns[index]?.turns ?? []
    const before = $state.snapshot(asked(turns[place])) as Message
    most = Math.max(most, turns.length - place - 1)
    turns.length = place
    turns.push({ ask: [{ ...before, content }], answer: null })
    ask(index, place)
  }
  return { turns: most, undo }
}

/** Asks a turn again; what came after it is dropped. */
export function again(index: number, place: number): Dropped {
  const undo = rewinding([index])
  const later = current.trial.columns[index]?.turns.splice(place + 1) ?? []
  ask(index, place)
  return { turns: later.length, undo }
}

/** Answers the calls of the last turn as the tools would, and goes on. */
export function answerCalls(index: number, results: string[]): void {
  const turns = current.trial.columns[index]?.turns
  const calls = turns?.at(-1)?.answer?.tool_calls ?? []
  if (!turns || calls.length === 0) return
  turns.push({
    ask: calls.map((call, at) => ({ role: 'tool', content: results[at] ?? '', tool_call_id: call.id })),
    answer: null,
  })
  ask(index, turns.length - 1)
}

/** Where the conversation of a column may begin: with a question of the user, not with a tool's answer. */
function beginnings(turns: TrialTurn[]): number[] {
  return turns.flatMap((turn, at) => (at > 0 && asked(turn) ? [at] : []))
}

/** How many of the oldest turns are dropped where nobody knows what fits: half of those before the last question. */
export function olderHalf(index: number): number {
  const turns = current.trial.columns[index]?.turns ?? []
  const last = turns.findLastIndex((turn) => asked(turn))
  return beginnings(turns).find((at) => at >= last / 2) ?? 0
}

/** Asks the last turn of a column again, without the older half of what came before its question. */
export function againShorter(index: number): Dropped {
  const undo = rewinding([index])
  const turns = current.trial.columns[index]?.turns ?? []
  const older = turns.splice(0, olderHalf(index))
  ask(index, turns.length - 1)
  return { turns: older.length, undo }
}

/** Drops the oldest turns of a column until what is asked next fits, and tells which; all when nothing fits. */
export async function trim(index: number): Promise<TrialTurn[]> {
  const column = current.trial.columns[index]
  if (!column) return []
  const all = $state.snapshot(column.turns) as TrialTurn[]
  const places = [...beginnings(all), all.length].filter((at) => at > 0)
  const fits = async (from: number): Promise<boolean> => {
    const trial = $state.snapshot(current.trial)
    const same = trial.columns[index]
    if (same) same.turns = all.slice(from)
    const messages = nextMessages(trial, index)
    const measure = await backend.call('measure_prompt', requestOf(trial, index, { mode: 'chat', messages }))
    return overBy(measure, parametersOf(trial, index).max_tokens) === 0
  }
  // The longest rest that fits: the fewer turns are kept, the shorter it is.
  let low = 0
  let high = places.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (await fits(places[middle] ?? all.length)) high = middle
    else low = middle + 1
  }
  const from = places[low] ?? 0
  if (from === 0) return []
  column.turns.splice(0, from)
  save()
  return all.slice(0, from)
}

/** Puts dropped turns back. */
export function restore(index: number, turns: TrialTurn[]): void {
  current.trial.columns[index]?.turns.unshift(...turns)
}
