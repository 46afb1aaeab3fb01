import { beforeEach, describe, expect, it } from 'vitest'

import type { PromptEvent } from '../src/api/PromptEvent'
import { fake, type Fake } from '../src/backend/fake'
import { clear } from '../src/state/playground.svelte'
import { open, press, screen, type, waitFor } from './helpers'

/** A back end whose answer is spoken by the test. */
function spoken(): { back: Fake; say: (event: PromptEvent) => void; isClosed: () => boolean } {
  const back = fake()
  let hear: (event: PromptEvent) => void = () => {}
  let closed = false
  const other = back.open
  back.open = (name, input, onEvent, onEnd) => {
    if (name !== 'prompt') return other(name, input, onEvent, onEnd)
    hear = onEvent as unknown as (event: PromptEvent) => void
    return () => (closed = true)
  }
  return { back, say: (event) => hear(event), isClosed: () => closed }
}

async function ask(question: string): Promise<void> {
  await type('Message', question)
  await waitFor(() =>
    expect(screen.getByRole('button', { name: /^Send/ }).hasAttribute('disabled')).toBe(false),
  )
  await press(/^Send/)
  await screen.findByText(question)
}

describe('the playground', () => {
  beforeEach(clear)

  it('keeps what had arrived when it is stopped, and closes the stream', async () => {
    const { back, say, isClosed } = spoken()
    await open('playground', [], { model: 'duo_chat' }, back)
    await ask('Why?')
    say({ type: 'started', correlation_id: '01JD9ZBQ0000000000000000' })
    say({ type: 'delta', text: 'Because of', reasoning: '' })
    await screen.findByText('Because of')
    await press('Stop')
    await screen.findByText(/Stopped here/)
    say({ type: 'delta', text: ' nothing more', reasoning: '' })
    expect(screen.getByText('Because of')).toBeTruthy()
    expect(isClosed()).toBe(true)
  })

  it('shows hostile markup as text and makes nothing of it', async () => {
    const { back, say } = spoken()
    await open('playground', [], { model: 'duo_chat' }, back)
    await ask('Attack')
    const hostile =
      '<img src=x onerror="alert(1)"> <a href="https://evil.example">click</a> [link](javascript:alert(1))'
    say({
      type: 'delta',
      text: `${hostile}\n\n\`\`\`html\n<script>alert(1)</script>\n`,
      reasoning: '<b>bold</b>',
    })
    await screen.findByText(/onerror/)
    const article = screen.getByRole('article')
    expect(article.querySelector('img, script, .prose b, .prose a, details b')).toBeNull()
    expect(article.textContent).toContain('<script>alert(1)</script>')
    expect(article.textContent).toContain('<b>bold</b>')
  })

  it('shows a failure with its details and keeps the text before it', async () => {
    const { back, say } = spoken()
    await open('playground', [], { model: 'duo_chat' }, back)
    await ask('Break')
    say({ type: 'delta', text: 'Half an ans', reasoning: '' })
    const error = {
      code: 'upstream' as const,
      message: 'gpu-2 hung up.',
      hint: 'Test the model.',
      details: 'EOF',
    }
    say({ type: 'failed', error, summary: { correlation_id: 'x', duration_ms: 12 } })
    await screen.findByText('gpu-2 hung up.')
    expect(screen.getByText('Half an ans')).toBeTruthy()
    expect(screen.getByText('EOF')).toBeTruthy()
  })
})
