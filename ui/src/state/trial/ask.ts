// What a trial asks: the pure part, from what is kept to what is sent.

import type { Message } from '../../api/Message'
import type { PromptAsk } from '../../api/PromptAsk'
import type { PromptParameters } from '../../api/PromptParameters'
import type { PromptRequest } from '../../api/PromptRequest'
import type { Trial } from '../../api/Trial'
import type { TrialColumn } from '../../api/TrialColumn'
import type { TrialTurn } from '../../api/TrialTurn'
import { isTemplate } from '../../text/requests'
import { isSample } from '../../text/samples'

export const MOST_COLUMNS = 4

export const column = (model = '', parameters: PromptParameters = {}): TrialColumn => ({
  model,
  parameters,
  turns: [],
})

export const empty = (more: Partial<Trial> = {}): Trial => ({
  mode: 'chat',
  sent_as: 'openai',
  system: '',
  typed: '',
  images: [],
  is_linked: true,
  columns: [column()],
  file: null,
  raw: null,
  ...more,
})

/** A UUID of version 7 in 32 hexadecimal digits: the time, then chance. */
export function newId(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(now / 256 ** (5 - at)) % 256
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether there is something in it that someone would miss. */
export function isTouched(trial: Trial): boolean {
  const file = trial.file && !isSample(trial.file) ? trial.file.text : ''
  const body = trial.raw && !isTemplate(trial.raw) ? trial.raw.body : ''
  const texts = [trial.system, trial.typed, file, body]
  return (
    texts.some((text) => (text ?? '').trim() !== '') ||
    trial.images.length > 0 ||
    trial.columns.some((one) => one.turns.length > 0)
  )
}

/** The messages that a turn adds to a conversation: none, when nothing came of it. */
function told({ ask, answer }: TrialTurn): Message[] {
  if (!answer) return []
  const isNothing = answer.text === '' && answer.tool_calls.length === 0
  // What a tool answered belongs to the call before it, whatever became of it.
  if (isNothing) return ask.some((message) => message.role === 'tool') ? ask : []
  const calls = answer.tool_calls.length > 0 ? { tool_calls: answer.tool_calls } : {}
  return [...ask, { role: 'assistant', content: answer.text, ...calls }]
}

/** The conversation of a column up to the question of one of its turns. */
export function messagesOf(trial: Trial, index: number, upTo?: number): Message[] {
  const turns = trial.columns[index]?.turns ?? []
  const last = upTo ?? turns.length - 1
  const system: Message[] = trial.system.trim() === '' ? [] : [{ role: 'system', content: trial.system }]
  return [...system, ...turns.slice(0, last).flatMap(told), ...(turns[last]?.ask ?? [])]
}

/** The conversation as it would be with what stands in the composer. */
export function nextMessages(trial: Trial, index: number): Message[] {
  const turns = trial.columns[index]?.turns ?? []
  const typed = question(trial)
  return [...messagesOf(trial, index, turns.length), ...(typed ? [typed] : [])]
}

/** What stands in the composer as a message; nothing while it is empty. */
export function question(trial: Trial): Message | undefined {
  const content = trial.typed.trim()
  if (content === '' && trial.images.length === 0) return undefined
  return { role: 'user', content, ...(trial.images.length > 0 ? { images: [...trial.images] } : {}) }
}

/** What a trial asks; of a conversation the part up to one turn of a column. */
export function askOf(trial: Trial, index = 0, upTo?: number): PromptAsk {
  const { text, cursor, name } = trial.file ?? { text: '', cursor: 0, name: '' }
  const place = { file_name: name, prefix: text.slice(0, cursor), suffix: text.slice(cursor) }
  switch (trial.mode) {
    case 'chat':
      return { mode: 'chat', messages: messagesOf(trial, index, upTo) }
    case 'completion':
      return { mode: 'completion', ...place }
    case 'generation':
      return { mode: 'generation', ...place, instruction: trial.typed.trim() }
    case 'raw':
      return { mode: 'raw', path: trial.raw?.path ?? '', body: trial.raw?.body ?? '' }
  }
}

/** The parameters that hold for a column. */
export function parametersOf(trial: Trial, index: number): PromptParameters {
  return trial.columns[trial.is_linked ? 0 : index]?.parameters ?? {}
}

/** What GitLab's own call carries of a conversation: what was said. Instructions and tools are in its own prompt. */
const carried = (ask: PromptAsk): PromptAsk =>
  ask.mode !== 'chat'
    ? ask
    : {
        mode: 'chat',
        messages: ask.messages.flatMap(({ role, content }) =>
          (role === 'user' || role === 'assistant') && content !== '' ? [{ role, content }] : [],
        ),
      }

export type LeftOut = 'system' | 'parameters' | 'images' | 'tools'

/** What stands in a trial and does not go into GitLab's own call. */
export function leftOut(trial: Trial): LeftOut[] {
  const messages = trial.columns.flatMap((column) =>
    column.turns.flatMap((turn) => [...turn.ask, ...(turn.answer ? [turn.answer] : [])]),
  )
  const isIn: Record<LeftOut, boolean> = {
    system: trial.system.trim() !== '',
    parameters: trial.columns.some((_, index) => Object.keys(parametersOf(trial, index)).length > 0),
    images: trial.images.length > 0 || messages.some((one) => 'images' in one && one.images?.length),
    tools: messages.some((one) => one.tool_calls?.length),
  }
  return (Object.keys(isIn) as LeftOut[]).filter((one) => isIn[one])
}

export function requestOf(trial: Trial, index: number, ask = askOf(trial, index)): PromptRequest {
  if (trial.sent_as === 'gitlab' && ask.mode !== 'raw')
    return {
      model: trial.columns[index]?.model ?? '',
      ask: carried(ask),
      sent_as: 'gitlab',
      parameters: {},
    }
  return {
    model: trial.columns[index]?.model ?? '',
    ask,
    sent_as: trial.sent_as,
    parameters: parametersOf(trial, index),
  }
}

/** What of a prompt the back end may refuse at a place that can be changed afterwards. */
export const asked = (trial: Trial, index: number): string =>
  JSON.stringify([trial.sent_as, parametersOf(trial, index), trial.mode === 'raw' ? trial.raw : null])

/** A kept trial as it is shown again: what streamed when its window closed was cut. */
export function settled(trial: Trial): Trial {
  for (const { turns } of trial.columns)
    for (const { answer } of turns) if (answer?.state === 'streaming') answer.state = 'cut'
  return { ...empty(), ...trial, columns: trial.columns.length > 0 ? trial.columns : [column()] }
}
