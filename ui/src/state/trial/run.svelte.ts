// Sends a trial to its models. Each column has its own stream: a slow or dead one holds up nobody.

import type { PromptEvent } from '../../api/PromptEvent'
import type { ToolCallPiece } from '../../api/ToolCallPiece'
import type { TrialAnswer } from '../../api/TrialAnswer'
import { backend } from '../../backend'
import { asked, askOf, question, requestOf } from './ask'
import { current, isSaved, live, save, saveSoon, type Live } from './held.svelte'

/** More calls than any answer has; what claims more is not believed. */
const MOST_CALLS = 128

export function isRunning(index?: number): boolean {
  const columns = index === undefined ? current.trial.columns : current.trial.columns.slice(index, index + 1)
  return columns.some((column) => column.turns.some((turn) => turn.answer?.state === 'streaming'))
}

/** Sends the trial to every column. A column that still answers is asked when it is done. */
export function run(): void {
  const { trial } = current
  if (trial.mode !== 'chat') {
    trial.columns.forEach((_, index) => (trial.mode !== 'raw' || index === 0) && runColumn(index))
    return
  }
  const typed = question(trial)
  if (!typed) return
  trial.typed = ''
  trial.images = []
  trial.columns.forEach((column, index) => {
    column.turns.push({ ask: [typed], answer: null })
    next(index)
  })
}

/** Asks one column (again): in a conversation its last question, else what the trial says now. */
export function runColumn(index: number): void {
  const column = current.trial.columns[index]
  if (!column) return
  if (current.trial.mode !== 'chat') {
    stop(index)
    column.turns = [{ ask: [], answer: null }]
  }
  const last = column.turns.length - 1
  if (last >= 0) ask(index, last)
}

/** Asks the first question of a column that was not asked yet, unless it is busy. */
export function next(index: number): void {
  if (isRunning(index)) return
  const waiting = current.trial.columns[index]?.turns.findIndex((turn) => !turn.answer) ?? -1
  if (waiting >= 0) ask(index, waiting)
}

/** Asks the question of one turn, in the place of the answer that it has. */
export function ask(index: number, place: number): void {
  stop(index)
  const { trial } = current
  const turn = trial.columns[index]?.turns[place]
  if (!turn) return
  const request = $state.snapshot(requestOf(trial, index, askOf(trial, index, place)))
  turn.answer = { state: 'streaming', text: '', reasoning: '', tool_calls: [] }
  const answer = turn.answer
  live[index] = { startedAt: Date.now(), chunks: 0, asked: asked(trial, index), close: () => {} }
  const mine = live[index]
  const isMine = () => answer.state === 'streaming'
  // Columns may have been removed meanwhile: the place is looked up, not remembered.
  const ended = () => {
    saveSoon()
    const at = live.indexOf(mine)
    if (at >= 0) next(at)
  }
  mine.close = backend.open(
    'prompt',
    request,
    (event) => {
      if (!isMine()) return
      hear(answer, mine, event)
      if (!isMine()) ended()
    },
    (error) => {
      if (!isMine()) return
      answer.state = error ? 'failed' : 'cut'
      if (error) answer.error = error
      ended()
    },
  )
}

function hear(answer: TrialAnswer, mine: Live, event: PromptEvent): void {
  switch (event.type) {
    case 'started':
      answer.correlation_id = event.correlation_id
      saveSoon()
      break
    case 'delta':
      mine.firstAt ??= Date.now()
      mine.chunks += event.chunks ?? 0
      if (event.text) answer.text += event.text
      if (event.reasoning) answer.reasoning += event.reasoning
      event.tool_calls?.forEach((piece) => gather(answer, piece))
      break
    case 'finished':
      answer.state = 'done'
      answer.summary = event.summary
      break
    case 'failed':
      answer.state = 'failed'
      answer.error = event.error
      answer.summary = event.summary
  }
}

function gather(answer: TrialAnswer, piece: ToolCallPiece): void {
  const at = Math.min(piece.index, answer.tool_calls.length)
  if (at >= MOST_CALLS) return
  answer.tool_calls[at] ??= { id: '', name: '', arguments: '' }
  const call = answer.tool_calls[at]
  if (!call) return
  call.id ||= piece.id
  call.name += piece.name
  call.arguments += piece.arguments
}

/** Ends the stream of a column; what had arrived stays. */
export function stop(index: number): void {
  const mine = live[index]
  mine?.close()
  const turn = current.trial.columns[index]?.turns.find((one) => one.answer?.state === 'streaming')
  const answer = turn?.answer
  if (!answer) return
  answer.state = 'cut'
  if (mine)
    answer.summary = {
      correlation_id: answer.correlation_id ?? '',
      first_token_ms: mine.firstAt ? mine.firstAt - mine.startedAt : null,
      duration_ms: Date.now() - mine.startedAt,
    }
  save()
}

export function stopAll(): void {
  current.trial.columns.forEach((_, index) => stop(index))
}

// The window asks this before it ends, again and again until it is true (`src-tauri/src/window.rs`).
Object.assign(window, {
  isSaved: () => {
    stopAll()
    return isSaved()
  },
})
