// What redaction rules make of a text, roughly as the program does it.

import type { DefaultRule } from '../../api/DefaultRule'
import type { Error as ApiError } from '../../api/Error'
import type { PreviewRedaction } from '../../api/PreviewRedaction'
import type { RedactionDraft } from '../../api/RedactionDraft'
import type { RedactionPreview } from '../../api/RedactionPreview'

const PATTERNS: Record<DefaultRule, RegExp> = {
  private_keys: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  api_keys: /\b(?:glpat-|sk-)[\w-]{8,}/g,
  bearer_tokens: /(?<=Bearer )\S+/g,
  aws_keys: /\bAKIA[A-Z0-9]{16}\b/g,
  emails: /\b[\w.+-]+@[\w-]+\.[\w.]+\b/g,
}

export function preview({ text, rules }: PreviewRedaction, saved: RedactionDraft): RedactionPreview {
  const { off, own } = rules ?? saved
  const mine = own.map(({ name, pattern }): [string, RegExp] => {
    try {
      if (pattern === '') throw new Error('needs 1 to 1000 bytes')
      return [name, new RegExp(pattern, 'g')]
    } catch (thrown) {
      const refusal: ApiError = {
        code: 'invalid',
        message: `The pattern of the redaction rule "${name}" is no regular expression: ${String(thrown)}.`,
        hint: 'Write it as Rust’s regex crate reads it.',
        field: 'pattern',
      }
      throw refusal
    }
  })
  const kept = (Object.entries(PATTERNS) as [DefaultRule, RegExp][]).filter(([name]) => !off.includes(name))
  let shown = text
  const counts = [...kept, ...mine].map(([rule, pattern]) => {
    let found = 0
    shown = shown.replace(pattern, () => {
      found++
      return '[REDACTED]'
    })
    return { rule, found }
  })
  return { text: shown, counts }
}
