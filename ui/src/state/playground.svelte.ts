// One conversation. It lives outside its screen, so that a look elsewhere neither ends nor loses it.

import type { Message } from '../api/Message'
import type { PromptEvent } from '../api/PromptEvent'
import type { PromptRequest } from '../api/PromptRequest'
import type { PromptSummary } from '../api/PromptSummary'
import { backend, type ApiError } from '../backend'

export type Exchange = {
  id: number
  model: string
  question: string
  answer: string
  reasoning: string
  /** `cut` was stopped here; `broken` ended by a failure. */
  state: 'streaming' | 'done' | 'cut' | 'broken'
  startedAt: number
  correlationId?: string
  summary?: PromptSummary
  error?: ApiError
}

export const talk = $state({
  model: '',
  system: '',
  typed: '',
  temperature: '',
  maxTokens: '',
  exchanges: [] as Exchange[],
})

let close: (() => void) | undefined
let last = 0

export const isStreaming = () => talk.exchanges.at(-1)?.state === 'streaming'

/** What the model is told: everything that got an answer, and the new question. */
function messages(question: string): Message[] {
  const told: Message[] = talk.system.trim() === '' ? [] : [{ role: 'system', content: talk.system }]
  for (const exchange of talk.exchanges) {
    if (exchange.answer === '') continue
    told.push({ role: 'user', content: exchange.question }, { role: 'assistant', content: exchange.answer })
  }
  return [...told, { role: 'user', content: question }]
}

export function isTemperature(typed: string): boolean {
  return typed.trim() === '' || (Number(typed) >= 0 && Number(typed) <= 2)
}
export function isTokens(typed: string): boolean {
  return typed.trim() === '' || (Number.isInteger(Number(typed)) && Number(typed) >= 1)
}
export const canSend = () =>
  talk.typed.trim() !== '' &&
  talk.model !== '' &&
  !isStreaming() &&
  isTemperature(talk.temperature) &&
  isTokens(talk.maxTokens)

export function send(): void {
  if (!canSend()) return
  const question = talk.typed.trim()
  const request: PromptRequest = {
    model: talk.model,
    messages: messages(question),
    ...(talk.temperature.trim() === '' ? {} : { temperature: Number(talk.temperature) }),
    ...(talk.maxTokens.trim() === '' ? {} : { max_tokens: Number(talk.maxTokens) }),
  }
  const id = ++last
  const startedAt = Date.now()
  talk.exchanges.push({
    id,
    model: talk.model,
    question,
    answer: '',
    reasoning: '',
    state: 'streaming',
    startedAt,
  })
  talk.typed = ''
  const mine = () => talk.exchanges.find((exchange) => exchange.id === id)
  close = backend.open(
    'prompt',
    request,
    (event) => {
      const exchange = mine()
      if (exchange?.state === 'streaming') hear(exchange, event)
    },
    (error) => {
      const exchange = mine()
      if (exchange?.state !== 'streaming') return
      exchange.state = 'broken'
      if (error) exchange.error = error
    },
  )
}

function hear(exchange: Exchange, event: PromptEvent): void {
  switch (event.type) {
    case 'started':
      exchange.correlationId = event.correlation_id
      break
    case 'delta':
      exchange.answer += event.text
      exchange.reasoning += event.reasoning
      break
    case 'finished':
      exchange.state = 'done'
      exchange.summary = event.summary
      break
    case 'failed':
      exchange.state = 'broken'
      exchange.error = event.error
      exchange.summary = event.summary
  }
}

/** Ends the stream; what had arrived stays. */
export function stop(): void {
  close?.()
  const exchange = talk.exchanges.at(-1)
  if (exchange?.state === 'streaming') exchange.state = 'cut'
}

/** Takes the last question back and sends it anew. */
export function again(): void {
  const exchange = talk.exchanges.pop()
  if (!exchange) return
  talk.typed = exchange.question
  send()
}

export function clear(): void {
  stop()
  talk.exchanges = []
}
