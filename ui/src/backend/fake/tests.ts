// What a test of a model would find.

import type { Stage } from '../../api/Stage'
import type { StageOutcome } from '../../api/StageOutcome'
import type { TestModel } from '../../api/TestModel'
import type { TestReport } from '../../api/TestReport'

const stage = (
  name: string,
  outcome: StageOutcome,
  said: string,
  duration_ms: number | null = null,
): Stage => ({
  name,
  outcome,
  said,
  duration_ms,
})

export function report({ draft }: TestModel): TestReport {
  const at = new Date().toISOString()
  const isPath = /^https?:\/\/[^/]+\/?$/.test(draft.endpoint)
  const host = URL.canParse(draft.endpoint) ? new URL(draft.endpoint) : undefined
  const address = host
    ? `${host.protocol.slice(0, -1)}, ${host.hostname}, port ${host.port || '443'}`
    : 'built in'
  const before = [
    stage('Address', 'passed', address, 0),
    stage('Connection', 'passed', '10.20.0.13, connected', 3),
    stage('TLS', 'skipped', 'not used, plain http'),
  ]
  if (!isPath) {
    return {
      ok: true,
      at,
      duration_ms: 212,
      stages: [
        ...before,
        stage('Path', 'passed', `${host?.pathname ?? ''}/models lists 1 model`, 12),
        stage('Key', 'passed', 'accepted', 9),
        stage('Model id', 'passed', draft.identifier || 'the server decides', 2),
        stage('Chat', 'passed', 'one token, stop', 88),
        stage('Stream', 'passed', 'first token, then [DONE]', 98),
        stage('FIM', 'passed', '[SUFFIX] and [PREFIX] are one token each', 6),
        stage('Completion', 'passed', 'return a + b', 131),
      ],
      server: 'vllm',
    }
  }
  return {
    ok: false,
    at,
    duration_ms: 62,
    stages: [
      ...before,
      stage('Path', 'failed', '404 at /chat/completions', 41),
      stage('Key', 'waiting', 'waits for Path'),
      stage('Model id', 'waiting', draft.identifier || 'the server decides'),
      stage('Chat', 'waiting', 'one token, no stream'),
      stage('Stream', 'waiting', 'first token, then [DONE]'),
      stage('FIM', 'waiting', 'one token each'),
      stage('Completion', 'waiting', 'a small gap'),
    ],
    error: {
      code: 'upstream',
      message: `The server at ${host?.host} does not answer at this path.`,
      hint: 'The endpoint ends before /v1. With it, the same request answers 200.',
      details: `POST ${draft.endpoint}/chat/completions\n404 Not Found · 41 ms · 22 bytes\n{"detail":"Not Found"}`,
    },
    suggestion: { label: 'Append /v1', endpoint: `${draft.endpoint.replace(/\/+$/, '')}/v1` },
  }
}

export const ANSWER = `\`add_index\` takes a lock that blocks every write until the whole index is built. On a large table that is minutes.

Build it concurrently, outside a transaction:

\`\`\`ruby
class IndexEventsOnUserId < Migration[7.1]
  disable_ddl_transaction!

  def change
    add_index :events, :user_id,
      algorithm: :concurrently
  end
end
\`\`\`

If it is interrupted, PostgreSQL keeps an invalid index. Drop it before you try again.`
