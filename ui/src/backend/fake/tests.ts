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
  const endpoint = draft.endpoint.replace(/\/+$/, '')
  const host = URL.canParse(draft.endpoint) ? new URL(draft.endpoint).host : 'the server'
  const before = [stage('Address', 'passed', `${endpoint}/chat/completions`), stage('Key', 'skipped', 'none')]
  const models = stage('Models', 'passed', `vLLM, listed: ${draft.identifier || 'one model'}`, 12)
  const chat = stage('Chat', 'passed', 'first token after 88 ms: Yes', 98)
  const unreached = (...names: string[]) => names.map((name) => stage(name, 'waiting', 'not reached'))
  const failure = (message: string, hint: string, details: string | null = null) => ({
    code: 'upstream' as const,
    message,
    hint,
    details,
  })

  if (/^https?:\/\/[^/]+\/?$/.test(draft.endpoint)) {
    const error = failure(
      `The server at ${host} does not answer at this path.`,
      'The endpoint ends before /v1. With it, the same request answers 200.',
      `POST ${draft.endpoint}/chat/completions\n404 Not Found · 41 ms · 22 bytes\n{"detail":"Not Found"}`,
    )
    const stages = [
      ...before,
      stage('Models', 'skipped', 'answered 404', 21),
      stage('Chat', 'failed', error.message, 41),
    ]
    return {
      ok: false,
      at,
      duration_ms: 62,
      stages: [...stages, ...unreached('FIM', 'Completion')],
      error,
      suggestion: { label: 'Append /v1', endpoint: `${endpoint}/v1` },
    }
  }
  if (draft.family === 'qwen') {
    const error = failure(
      'Fill-in-the-middle will not work on this server: "<|fim_prefix|>" is 6 tokens there instead of one, so the model reads it as ordinary text.',
      'Check that this is a Qwen2.5-Coder model and that its tokenizer is complete, or choose its real family.',
    )
    return {
      ok: false,
      at,
      duration_ms: 131,
      stages: [...before, models, chat, stage('FIM', 'failed', error.message, 9), ...unreached('Completion')],
      server: 'llama_cpp',
      error,
    }
  }
  return {
    ok: true,
    at,
    duration_ms: 212,
    stages: [
      ...before,
      models,
      chat,
      stage('FIM', 'passed', '[SUFFIX] is 8, [PREFIX] is 7', 6),
      stage('Completion', 'passed', 'a + b', 131),
    ],
    server: 'vllm',
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

export const OTHER_ANSWER = `A plain \`CREATE INDEX\` holds a \`SHARE\` lock: reads go on, writes wait. Rails also wraps the migration in a transaction, so the lock stays until the end.

1. Turn the wrapping transaction off.
2. Create the index concurrently.
3. Check that it is valid before you rely on it.

\`\`\`ruby
disable_ddl_transaction!

def up
  add_index :events, :user_id,
    algorithm: :concurrently,
    if_not_exists: true
\`\`\`

In GitLab's own code base use \`add_concurrent_index\`, which also checks that no transaction is open.`
