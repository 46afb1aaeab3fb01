// Where the back end says that what was asked is wrong, for the fields to mark. Their own checks are theirs.

import { asked, current, live, messagesOf } from '../../state/trial.svelte'

export type Refused = { place: string; message: string }

/** The place in the last prompt of a column, until what was sent of it is changed. */
export function refusedAt(index: number): Refused | undefined {
  const { trial } = current
  const error = trial.columns[index]?.turns.findLast((turn) => turn.answer)?.answer?.error
  if (!error?.place || live[index]?.asked !== asked(trial, index)) return undefined
  return { place: error.place, message: `${error.message} ${error.hint}` }
}

/** Which image of a turn's question was refused. */
export function refusedImage(index: number, turn: number): number | undefined {
  const { trial } = current
  const place = trial.columns[index]?.turns[turn]?.answer?.error?.place ?? ''
  const [, message, image] = /^ask\.messages\[(\d+)\]\.images\[(\d+)\]$/.exec(place) ?? []
  const last = messagesOf(trial, index, turn).length - 1
  return image !== undefined && Number(message) === last ? Number(image) : undefined
}

/** The place in a raw body. */
export function refusedBody(
  { place }: Refused,
  body: string,
): { at: number; line: number; column: number } | undefined {
  const [, line, column] = (/^ask\.body:(\d+):(\d+)$/.exec(place) ?? []).map(Number)
  if (line === undefined || column === undefined) return undefined
  const before = body.split('\n').slice(0, Math.max(0, line - 1))
  const at = before.reduce((sum, text) => sum + text.length + 1, 0) + Math.max(0, column - 1)
  return { at: Math.min(at, Math.max(0, body.length - 1)), line, column }
}
