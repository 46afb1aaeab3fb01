// What the fake models say in the modes Completion, Generation and Raw.

import type { PromptRequest } from '../../api/PromptRequest'

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
