// What of a model's answer still fits at the cursor, and what is to be said of it. Pure; knows no screen.

import type { TrialAnswer } from '../../../api/TrialAnswer'
import type { TrialFile } from '../../../api/TrialFile'
import type { MarkName, State } from '../../../parts/icons'
import { code } from '../../../text/code'

/** The place that was asked about. */
export type Asked = { prefix: string; suffix: string }

export const askedOf = ({ text, cursor }: TrialFile): Asked => ({
  prefix: text.slice(0, cursor),
  suffix: text.slice(cursor),
})

/**
 * What is left of an answer at the cursor: all of it where it was asked for, less what was typed of it since.
 * Nothing when the file is another one by now, so that a stale answer never appears.
 */
export function rest(asked: Asked | undefined, { text, cursor }: TrialFile, answer: string): string {
  const typed = typedSince(asked, { text, cursor })
  return typed !== undefined && answer.startsWith(typed) ? answer.slice(typed.length) : ''
}

/** What was typed since the question; nothing when more than that has changed. */
export function typedSince(
  asked: Asked | undefined,
  { text, cursor }: Pick<TrialFile, 'text' | 'cursor'>,
): string | undefined {
  if (!asked || cursor < asked.prefix.length || text.length - cursor !== asked.suffix.length) return undefined
  if (!text.startsWith(asked.prefix) || !text.endsWith(asked.suffix)) return undefined
  return text.slice(asked.prefix.length, cursor)
}

/** Whether an answer, as far as it has come, may still go on as it is typed. */
export function mayFollow(asked: Asked | undefined, file: TrialFile, answer: TrialAnswer): boolean {
  const typed = typedSince(asked, file)
  if (typed === undefined) return false
  if (answer.text.length > typed.length) return answer.text.startsWith(typed)
  return answer.state === 'streaming' && answer.text !== '' && typed.startsWith(answer.text)
}

/** Tokens as the gateway estimates them before a server has counted. */
export const tokensAbout = (text: string): number => Math.ceil(text.length / 3)

const OPENING =
  /^\s*(?:here(?:['’]s| is| are)|(?:sure|certainly|of course)[,!.:]|the (?:completed?|following|missing|code)\b|to complete\b|this (?:code|function|method)\b|i(?:['’]m| am| can)\b)/i

/** Whether an answer speaks about code where it should be code. */
export function isProse(text: string, fileName: string): boolean {
  if (/\.(md|markdown|txt)$/i.test(fileName)) return false
  return /^\s*```/m.test(text) || OPENING.test(text)
}

export type Verdict = { state: State; mark: MarkName; words: string }

/** An answer against the time that someone who types would wait. Milliseconds. */
export function verdict(
  answer: TrialAnswer | null | undefined,
  budget: number,
  fileName: string,
): Verdict | undefined {
  if (!answer) return undefined
  const say = (state: 'ok' | 'failed' | 'stopped' | 'degraded' | 'busy', words: string): Verdict => ({
    state,
    mark: state,
    words,
  })
  const { verdicts } = code.completion
  if (answer.state === 'streaming') return say('busy', verdicts.running)
  if (answer.state === 'failed') return say('failed', verdicts.failed)
  if (answer.state === 'cut') return say('stopped', verdicts.cut)
  const isLate = (answer.summary?.duration_ms ?? 0) > budget
  const isEmpty = answer.text.trim() === ''
  const wrong = isEmpty ? verdicts.empty : isProse(answer.text, fileName) ? verdicts.prose : undefined
  if (isLate) return say('failed', wrong ? `${verdicts.late}, ${wrong}` : verdicts.late)
  if (wrong) return say(isEmpty ? 'degraded' : 'failed', wrong[0]?.toUpperCase() + wrong.slice(1))
  return say('ok', verdicts.inTime)
}

/** How far the bar of an answer goes and where the budget stands on it, in percent. */
export function barOf(duration: number, budget: number): { length: number; mark: number } {
  const whole = budget * 1.6
  return { length: Math.min(100, (duration / whole) * 100), mark: (budget / whole) * 100 }
}

/** What the gateway took away before and behind what it handed on; nothing when it changed it otherwise. */
export function cutOff(raw: string, given: string): { before: string; behind: string } | undefined {
  const at = raw.indexOf(given)
  return at < 0 ? undefined : { before: raw.slice(0, at), behind: raw.slice(at + given.length) }
}
