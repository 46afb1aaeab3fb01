// What happened to a request, moment by moment, from what a recording keeps.

import type { RecordedRequest } from '../../api/RecordedRequest'
import type { RequestView } from '../../api/RequestView'
import { brokeOff, requestWord } from '../../state/words'
import { bytes } from '../../text/format'
import { logs } from '../../text/logs'

export type Moment = {
  /** Milliseconds since the request was accepted. */
  at: number
  /** Where it ends, when it lasts. */
  until?: number
  what: string
  more?: string
  kind: 'own' | 'wait' | 'answer' | 'failed'
}

/** More pieces than these of one answer are one line. */
const PIECES_SHOWN = 40

export function momentsOf(row: RequestView, recorded?: RecordedRequest): Moment[] {
  const moments = recorded ? recordedMoments(recorded) : rowMoments(row)
  moments.sort((one, other) => one.at - other.at)
  const end = row.duration_ms ?? undefined
  if (end !== undefined) moments.push({ at: end, ...ending(row) })
  return moments
}

/** How it ended, and why where it went wrong. */
function ending(row: RequestView): Omit<Moment, 'at'> {
  const state = logs.states[row.state]
  const ended = row.state === 'cancelled' ? requestWord(row).word : state
  if (row.state !== 'failed' && row.state !== 'refused')
    return { what: logs.timeline.ended, more: row.finish_reason ?? ended, kind: 'own' }
  const what = brokeOff(row) ? logs.brokeOff : state
  return { what, ...(row.error ? { more: logs.said(row.error, row.model) } : {}), kind: 'failed' }
}

/** What every row knows, recorded or not. */
function rowMoments(row: RequestView): Moment[] {
  const words = logs.timeline
  const moments: Moment[] = [{ at: 0, what: words.received, kind: 'own' }]
  const first = row.first_token_ms ?? undefined
  if (first !== undefined) {
    const until = row.duration_ms ?? undefined
    moments.push({ at: first, ...(until !== undefined ? { until } : {}), what: words.given, kind: 'answer' })
  }
  return moments
}

function recordedMoments(recorded: RecordedRequest): Moment[] {
  const words = logs.timeline
  const moments: Moment[] = [
    { at: 0, what: words.received, more: bytes(recorded.received.size), kind: 'own' },
  ]
  for (const call of recorded.calls) {
    const answered = call.answered_at_ms ?? undefined
    const until = answered ?? call.answer.pieces[0]?.at_ms
    moments.push({
      at: call.at_ms,
      ...(until !== undefined ? { until } : {}),
      what: words.sent(call.model),
      more: bytes(call.body.size),
      kind: 'wait',
    })
    const status = call.status ?? undefined
    if (answered !== undefined)
      moments.push({
        at: answered,
        what: words.headers(status),
        kind: status !== undefined && status < 400 ? 'answer' : 'failed',
      })
    const { pieces } = call.answer
    pieces.slice(0, PIECES_SHOWN).forEach((piece, place) => {
      moments.push({
        at: piece.at_ms,
        what: words.piece(place + 1),
        more: bytes(piece.bytes),
        kind: 'answer',
      })
    })
    const rest = pieces.slice(PIECES_SHOWN)
    const [first, last] = [rest[0], rest.at(-1)]
    if (first && last)
      moments.push({
        at: first.at_ms,
        until: last.at_ms,
        what: words.pieces(rest.length, call.answer.next !== null),
        more: bytes(rest.reduce((sum, piece) => sum + piece.bytes, 0)),
        kind: 'answer',
      })
    if (call.error)
      moments.push({ at: until ?? call.at_ms, what: words.failed, more: call.error, kind: 'failed' })
  }
  const given = recorded.answer.pieces
  const [first, last] = [given[0], given.at(-1)]
  if (first && last)
    moments.push({
      at: first.at_ms,
      until: last.at_ms,
      what: words.given,
      more: bytes(recorded.answer.size),
      kind: 'own',
    })
  return moments
}

/** The length of the whole, for the bars. */
export const lengthOf = (moments: Moment[]): number =>
  Math.max(1, ...moments.map((moment) => moment.until ?? moment.at))
