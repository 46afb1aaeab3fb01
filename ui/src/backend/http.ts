// Carries calls and streams over HTTP, for `gatehouse serve --admin` and a browser.

import { asError, deliver, type Backend, type Envelope } from './backend'
import { forget, session } from './session'

function post(path: string, input: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${session() ?? ''}` },
    body: JSON.stringify(input),
    ...(signal ? { signal } : {}),
  })
}

async function refused(answer: Response): Promise<never> {
  if (answer.status === 401) {
    // The program was restarted: its sessions are gone, and so is this one.
    forget()
    location.reload()
  }
  throw asError(await answer.json().catch(() => `HTTP ${answer.status}`))
}

/** Splits a byte stream into the messages of its `data:` lines. */
async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Envelope[]> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    rest += decoder.decode(value, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as Envelope[]
    }
  }
}

export function http(): Backend {
  return {
    async call(name, ...input) {
      const answer = await post(`/admin/call/${name}`, input[0] ?? null)
      return answer.ok ? answer.json() : refused(answer)
    },

    open(name, input, onEvent, onEnd) {
      const closing = new AbortController()
      async function run() {
        const answer = await post(`/admin/open/${name}`, input, closing.signal)
        if (!answer.ok || answer.body === null) return refused(answer)
        for await (const items of messages(answer.body)) {
          if (closing.signal.aborted || deliver(items, onEvent, onEnd)) return
        }
        throw new Error('the connection ended')
      }
      run().catch((thrown: unknown) => {
        if (!closing.signal.aborted) onEnd?.(asError(thrown))
      })
      return () => closing.abort()
    },
  }
}
