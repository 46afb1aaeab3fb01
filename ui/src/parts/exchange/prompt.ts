// Finds the prompt in what was sent to a model server, and the words in what came back. Knows the
// forms of the servers that Gatehouse speaks to; whatever else it is shown is shown as it stands.

import type { RecordedCall } from '../../api/RecordedCall'
import type { RecordedContent } from '../../api/RecordedContent'
import type { FamilyRecord } from '../../api/FamilyRecord'
import type { BodyView } from '../../api/BodyView'
import { pieces, type Kind } from './colours'

export type Turn = { role: string; text: string }

type Json = unknown
const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: Json, ...path: (string | number)[]): Json =>
  path.reduce<Json>((inner, key) => (inner as Record<string | number, Json> | null | undefined)?.[key], value)
const list = (value: Json): Json[] => (Array.isArray(value) ? value : [])

function read(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The text of a content: one text, or parts of which some are text. */
function textOf(content: Json): string {
  if (typeof content === 'string') return content
  if (isObject(content)) return typeof content.text === 'string' ? content.text : JSON.stringify(content)
  return list(content).map(textOf).join('\n')
}

/** The call whose answer the client was given: the last that a server answered well, else the last. */
export function finalCall(recorded: RecordedContent): RecordedCall | undefined {
  const isGood = ({ status }: RecordedCall) => typeof status === 'number' && status < 400
  return recorded.calls.findLast(isGood) ?? recorded.calls.at(-1)
}

/** The body that holds the final prompt. The sample model is called without one, so it is the client's. */
export function promptBody(recorded: RecordedContent): BodyView {
  return finalCall(recorded)?.body ?? recorded.preprocessed ?? recorded.received
}

/** The turns or the texts of a prompt; nothing when its form is not known. */
export function turnsOf(body: string): Turn[] | undefined {
  const sent = read(body)
  if (!isObject(sent)) return undefined
  const turns: Turn[] = []
  const add = (role: string, content: Json) => {
    const text = textOf(content)
    if (content !== undefined && content !== null && text !== '') turns.push({ role, text })
  }
  add('system', sent.system ?? at(sent, 'systemInstruction', 'parts') ?? sent.instructions)
  for (const turn of [...list(sent.messages), ...list(sent.contents), ...list(sent.input)]) {
    const role = String(at(turn, 'role') ?? 'message')
    add(role, at(turn, 'content') ?? at(turn, 'parts'))
    const calls = at(turn, 'tool_calls')
    if (calls) add(role, JSON.stringify(calls))
  }
  if (typeof sent.input === 'string') add('user', sent.input)
  add('prefix', sent.input_prefix ?? sent.prefix)
  add(sent.suffix ? 'prefix' : 'prompt', sent.prompt)
  add('suffix', sent.input_suffix ?? sent.suffix)
  return turns.length > 0 ? turns : undefined
}

/** The texts at which the server was asked to end. */
export function stopsOf(body: string): string[] {
  const sent = read(body)
  const stop =
    at(sent, 'stop') ??
    at(sent, 'stop_sequences') ??
    at(sent, 'options', 'stop') ??
    at(sent, 'inferenceConfig', 'stopSequences') ??
    at(sent, 'generationConfig', 'stopSequences')
  return (typeof stop === 'string' ? [stop] : list(stop)).filter((one) => typeof one === 'string')
}

/** Where the words of an answer or of a part of it stand, by server. */
const SPOKEN: (string | number)[][] = [
  ['choices', 0, 'delta', 'content'],
  ['choices', 0, 'message', 'content'],
  ['choices', 0, 'text'],
  ['delta', 'text'],
  ['contentBlockDelta', 'delta', 'text'],
  ['candidates', 0, 'content', 'parts'],
  ['output', 'message', 'content'],
  ['message', 'content'],
  ['content'],
  ['response'],
]

function spoken(value: Json): string | undefined {
  // GitLab's chat answers with nothing but a text.
  if (typeof value === 'string') return value
  const found = SPOKEN.map((path) => at(value, ...path)).find(
    (one) => typeof one === 'string' || Array.isArray(one),
  )
  return found === undefined ? undefined : textOf(found)
}

/** The words of an answer, streamed or whole; an answer without known words as it stands. */
export function wordsOf(answer: string): string {
  const whole = read(answer)
  if (whole !== undefined) return spoken(whole) ?? answer
  const events = answer
    .split('\n')
    .map((line) => read(line.replace(/^data:/, '').trim()))
    .filter(isObject)
  return events.length > 0 ? events.map((event) => spoken(event) ?? '').join('') : answer
}

export type Mark = Kind | 'stop'
export type Part = { text: string; kind?: Mark }

const NOTHING = { template: '', tokens: [], forbidden: [], plain_without_suffix: false }
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A text cut at the tokens that its family is known for, each with what it does. */
export function marked(text: string, family: FamilyRecord | undefined): Part[] {
  if (!family) return text === '' ? [] : [{ text }]
  const fims = [family.fim, ...family.variants.map((one) => one.fim)].filter((fim) => fim != null)
  const fim = fims.find((one) => one.tokens.some((token) => text.includes(token))) ?? NOTHING
  const ends = [...family.stop, ...family.control, ...fims.flatMap((one) => one.forbidden)]
    // A line end is no token that anyone wants to see.
    .filter((one) => one.trim() !== '' && !fim.tokens.includes(one))
    .toSorted((one, other) => other.length - one.length)
  const cut = ends.length > 0 ? new RegExp(`(${ends.map(literal).join('|')})`) : undefined
  return pieces(text, fim).flatMap((piece): Part[] => {
    if (piece.kind === 'hole') return [{ text: piece.text }]
    if (piece.kind || !cut) return [piece]
    const parts = piece.text.split(cut).map((part, index): Part => {
      return index % 2 === 1 ? { text: part, kind: 'stop' } : { text: part }
    })
    return parts.filter((part) => part.text !== '')
  })
}
