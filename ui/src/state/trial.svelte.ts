// The trial of the playground: what is tried, opened and begun here, sent by `trial/run`, kept by `trial/held`.

import type { PromptExchange } from '../api/PromptExchange'
import type { Trial } from '../api/Trial'
import type { TrialId } from '../api/TrialId'
import type { TrialMode } from '../api/TrialMode'
import { backend } from '../backend'
import { column, empty, MOST_COLUMNS, newId, settled } from './trial/ask'
import { current, hold, live } from './trial/held.svelte'
import { stop, stopAll } from './trial/run.svelte'

export {
  asked,
  askOf,
  isTouched,
  leftOut,
  messagesOf,
  MOST_COLUMNS,
  nextMessages,
  parametersOf,
  question,
  requestOf,
} from './trial/ask'
export { current, forget, live, onSaved, save, type Live } from './trial/held.svelte'
export { ask, isRunning, next, run, runColumn, stop, stopAll } from './trial/run.svelte'

/** Opens a kept trial. Answers that still come are cut and kept with the trial that is left. */
export async function open(id: TrialId): Promise<void> {
  if (id === current.id) return
  const kept = await backend.call('get_trial', id)
  stopAll()
  hold({
    id,
    trial: settled(kept.trial),
    row: kept.row,
    ...(kept.row.replays ? { replays: kept.row.replays } : {}),
  })
}

/** Begins a trial: with the models and settings of the one that is left, and what is given here. */
export function begin(trial: Partial<Trial> = {}, replays?: string): void {
  stopAll()
  const { mode, sent_as, is_linked, columns } = $state.snapshot(current.trial) as Trial
  const same = columns.map(({ model, parameters }) => column(model, parameters))
  hold({
    id: newId(),
    trial: settled(empty({ mode, sent_as, is_linked, columns: same, ...trial })),
    ...(replays ? { replays } : {}),
  })
}

/** Goes to another mode. A trial that was answered stays as it is: a new one goes on with what was written. */
export function enter(mode: TrialMode): void {
  const { trial } = current
  if (trial.mode === mode) return
  if (trial.columns.every((column) => column.turns.length === 0)) trial.mode = mode
  else {
    const { system, file, raw } = $state.snapshot(trial) as Trial
    begin({ mode, system, ...(file ? { file } : {}), ...(raw ? { raw } : {}) })
  }
}

export function addColumn(model: string): void {
  const { columns } = current.trial
  if (columns.length >= MOST_COLUMNS) return
  columns.push(column(model, $state.snapshot(columns[0]?.parameters ?? {})))
}

/** Gives all columns the settings of the first, or each its own: a copy of those that held for it until now. */
export function link(isLinked: boolean): void {
  const { trial } = current
  const [first, ...others] = trial.columns
  if (trial.is_linked && !isLinked)
    for (const other of others) other.parameters = $state.snapshot(first?.parameters ?? {})
  trial.is_linked = isLinked
}

export function removeColumn(index: number): void {
  if (current.trial.columns.length < 2) return
  stop(index)
  current.trial.columns.splice(index, 1)
  live.splice(index, 1)
}

const MOST_EXCHANGES = 16
const exchanges = new Map<string, Promise<PromptExchange>>()

/** What was sent and what came back for a prompt, asked for once. */
export function exchangeOf(correlationId: string): Promise<PromptExchange> {
  const known = exchanges.get(correlationId)
  if (known) return known
  const asked = backend.call('prompt_exchange', correlationId)
  exchanges.set(correlationId, asked)
  // One that failed may be there the next time.
  asked.catch(() => exchanges.delete(correlationId))
  const oldest = exchanges.keys().next()
  if (exchanges.size > MOST_EXCHANGES && !oldest.done) exchanges.delete(oldest.value)
  return asked
}
