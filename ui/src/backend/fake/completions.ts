// What the fake models say in the modes Completion, Generation and Raw.

import type { PromptRequest } from '../../api/PromptRequest'
import type { PromptSummary } from '../../api/PromptSummary'

const BODIES: Record<string, string> = {
  'CodeGemma 7b-it': 'Here is the completed method:\n```ruby\n(subtotal * rate).round(2)\n```',
}
const GAP = '(subtotal * rate).round(2)\n    subtotal + tax'
const WRITTEN = `  # What is still to be paid.
  def outstanding(today = Date.current)
    return 0 if paid?

    overdue?(today) ? total_with_tax(rate) * 1.02 : total_with_tax(rate)
  end
`

/** What completions take, by model: one in time, one just so, one late. */
const TOOK: Record<string, Partial<PromptSummary>> = {
  'Codestral 22B': { first_token_ms: 142, duration_ms: 228, completion_tokens: 18, prompt_tokens: 370 },
  'Qwen2.5-Coder 7B': { first_token_ms: 96, duration_ms: 166, completion_tokens: 19, prompt_tokens: 368 },
  'CodeGemma 7b-it': {
    first_token_ms: 121,
    duration_ms: 412,
    completion_tokens: 64,
    finish_reason: 'length',
  },
}

/** What an answer took, where it is not what a conversation takes. */
export const took = ({ model, ask }: PromptRequest): Partial<PromptSummary> =>
  ask.mode === 'completion' ? (TOOK[model] ?? TOOK['Codestral 22B'] ?? {}) : {}

/** The answer to anything but a conversation. */
export function written({ model, ask }: PromptRequest): string {
  switch (ask.mode) {
    case 'completion':
      return BODIES[model] ?? GAP
    case 'generation':
      return WRITTEN
    default: {
      const events = ['Hello', ' there', '.'].map((content) => ({
        choices: [{ index: 0, delta: { content } }],
      }))
      return `${events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`
    }
  }
}
