// Answers of the fake models, as slow and as wrong as real ones: by the model's name and by what is asked.

import type { ModelDraft } from '../../api/ModelDraft'
import type { PromptEvent } from '../../api/PromptEvent'
import type { PromptRequest } from '../../api/PromptRequest'
import type { PromptSummary } from '../../api/PromptSummary'
import type { PromptExchange } from '../../api/PromptExchange'
import type { RequestView } from '../../api/RequestView'
import type { ToolCallPiece } from '../../api/ToolCallPiece'
import { refusedPrompt } from './check'
import { took, written } from './completions'
import { body, event, JSON_HEADER } from './recording'
import { ANSWER, OTHER_ANSWER } from './tests'

type Said = { text?: string; reasoning?: string; tool_calls?: ToolCallPiece[] }
/** Milliseconds between two pieces; `stall` never answers. */
export type Pace = { pace: number; stall?: boolean }

const THOUGHT = 'The person asks about a Rails migration. The lock comes from CREATE INDEX.'
const PATHS = { chat: '/v1/chat/completions', completion: '/v1/completions' } as const

const pathOf = ({ ask }: PromptRequest) =>
  ask.mode === 'raw' ? ask.path : ask.mode === 'completion' ? PATHS.completion : PATHS.chat

const words = (text: string): Said[] => (text.match(/\s*\S+\s*/g) ?? [text]).map((one) => ({ text: one }))

/** A long answer of every kind of block, to see whether it stays smooth. */
function long(): string {
  const part = (number: number) => `## Part ${number}

Some **strong** and *stressed* words, \`code\`, and a [link](https://docs.gitlab.com/ee/ci/${number}).

- one
- two
  1. inner
  2. inner

| Name | Value |
| --- | ---: |
| part | ${number} |

\`\`\`ruby
def part_${number}
  ${number} * 2
end
\`\`\`

`
  return Array.from({ length: 800 }, (_, number) => part(number + 1)).join('')
}

function said(request: PromptRequest): Said[] {
  const { ask, parameters, model } = request
  if (ask.mode !== 'chat') return words(written(request))
  const last = ask.messages.at(-1)
  if (parameters?.tools?.length && last?.role !== 'tool') {
    const name = parameters.tools[0]?.name ?? 'tool'
    return [
      { text: 'I look it up.' },
      { tool_calls: [{ index: 0, id: 'call_1', name, arguments: '{"city": ' }] },
      { tool_calls: [{ index: 0, id: '', name: '', arguments: '"Kyiv"}' }] },
    ]
  }
  if (last?.role === 'tool') return words(`The tool answered: ${last.content}`)
  if (/long/i.test(last?.content ?? '')) {
    const text = long()
    return Array.from({ length: Math.ceil(text.length / 300) }, (_, at) => ({
      text: text.slice(at * 300, at * 300 + 300),
    }))
  }
  if (model === 'Claude 3.5 Sonnet') return words(OTHER_ANSWER)
  return [{ reasoning: THOUGHT }, ...words(ANSWER)]
}

function recorded(id: string, request: PromptRequest, given: string): PromptExchange {
  const { ask, model, parameters } = request
  const asked =
    ask.mode === 'raw'
      ? ask.body
      : JSON.stringify({
          model,
          ...(ask.mode === 'chat'
            ? { messages: ask.messages }
            : ask.mode === 'completion'
              ? { prompt: ask.prefix, suffix: ask.suffix }
              : { messages: [{ role: 'user', content: ask.instruction }] }),
          ...parameters,
          stream: true,
        })
  const sent =
    ask.mode === 'completion' ? { prompt: `[SUFFIX]${ask.suffix}[PREFIX]${ask.prefix}`, stop: ['</s>'] } : {}
  const answer = event({ delta: { content: given } })
  return {
    correlation_id: id,
    row: 1,
    by: 'playground',
    headers: [JSON_HEADER, { name: 'x-request-id', value: id }],
    received: body(0, asked),
    preprocessed: null,
    calls: [
      {
        model,
        at_ms: 2,
        method: 'POST',
        url: `http://gpu-2:8000${ask.mode === 'completion' ? PATHS.completion : PATHS.chat}`,
        headers: [JSON_HEADER],
        body: body(2, ask.mode === 'completion' ? JSON.stringify(sent) : asked),
        answered_at_ms: 90,
        status: 200,
        answer_headers: [{ name: 'content-type', value: 'text/event-stream' }],
        answer: body(3, answer),
      },
    ],
    answer: body(4, ask.mode === 'raw' ? given : answer),
  }
}

export function answers(
  isBroken: (model: string) => boolean,
  priceOf: (model: string) => ModelDraft['price'],
  { pace, stall }: Pace,
  log: (row: Partial<RequestView>) => void,
) {
  const exchanges = new Map<string, PromptExchange>()
  let asked = 0

  function answer(request: PromptRequest, hear: (event: PromptEvent) => void): () => void {
    const correlation_id = `01JD9ZBQ${String(++asked).padStart(16, '0')}`
    const isSlow = request.model.startsWith('Mixtral')
    const isMock = pace === 0
    const summary: PromptSummary = {
      correlation_id,
      status: 200,
      first_token_ms: isSlow ? 1920 : 738,
      duration_ms: isSlow ? 7400 : 4020,
      prompt_tokens: 148,
      completion_tokens: isSlow ? 171 : 204,
      tokens_per_second: isSlow ? 31.2 : 62,
      finish_reason: 'stop',
      cost: null,
      ...took(request),
    }
    const price = priceOf(request.model)
    if (price)
      summary.cost =
        ((summary.prompt_tokens ?? 0) * price.input + (summary.completion_tokens ?? 0) * price.output) / 1e6
    let closed = false
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const send = async () => {
      const error = refusedPrompt(request)
      if (error) return hear({ type: 'failed', error, summary: { correlation_id: '', duration_ms: 0 } })
      hear({ type: 'started', correlation_id })
      if (stall) return
      if (isBroken(request.model)) {
        const error = {
          code: 'upstream' as const,
          message: 'gpu-3:8000 answered 404.',
          hint: 'Test the model in Models: its endpoint may lack /v1.',
          details: '{"detail":"Not Found"}',
        }
        return hear({ type: 'failed', error, summary: { correlation_id, status: 404, duration_ms: 41 } })
      }
      const pieces = said(request)
      for (const { text = '', reasoning = '', tool_calls } of pieces) {
        if (!isMock) await wait(isSlow ? pace * 2 : pace)
        if (closed) return
        hear({ type: 'delta', text, reasoning, ...(tool_calls ? { tool_calls } : {}) })
      }
      exchanges.set(correlation_id, recorded(correlation_id, request, pieces.map((one) => one.text).join('')))
      log({
        correlation_id,
        model: request.model,
        client: 'playground',
        state: 'completed',
        path: pathOf(request),
      })
      const isCall = pieces.some((one) => one.tool_calls)
      hear({ type: 'finished', summary: isCall ? { ...summary, finish_reason: 'tool_calls' } : summary })
    }
    void Promise.resolve().then(send)
    return () => (closed = true)
  }
  return { answer, exchanges }
}
