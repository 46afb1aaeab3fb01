// A request log that reads like a working day, and the sums over it.

import type { Activity } from '../../api/Activity'
import type { RequestPage } from '../../api/RequestPage'
import type { RequestQuery } from '../../api/RequestQuery'
import type { RequestView } from '../../api/RequestView'

/** The same numbers every time, so that two screenshots agree. */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

type Kind = Pick<
  RequestView,
  'model' | 'feature' | 'client' | 'path' | 'state' | 'status' | 'streamed' | 'error'
> & {
  first: number
  rest: number
}

const CHAT = '/v1/chat/completions'
// prettier-ignore
const KINDS: Kind[] = [
  { model: 'Codestral 22B', feature: 'code_completions', client: 'gitlab-main', path: CHAT, state: 'completed', status: 200, streamed: true, first: 140, rest: 170 },
  { model: 'Codestral 22B', feature: 'code_completions', client: 'gitlab-main', path: CHAT, state: 'completed', status: 200, streamed: true, first: 150, rest: 160 },
  { model: 'Codestral 22B', feature: 'code_completions', client: 'Continue', path: CHAT, state: 'cancelled', status: 200, streamed: true, first: 0, rest: 94 },
  { model: 'Mixtral 8x7B-it', feature: 'duo_chat', client: 'gitlab-main', path: CHAT, state: 'completed', status: 200, streamed: true, first: 1900, rest: 6200 },
  { model: 'Claude 3.5 Sonnet', feature: 'code_generations', client: 'gitlab-main', path: CHAT, state: 'completed', status: 200, streamed: true, first: 735, rest: 3100 },
  { model: 'DeepSeek Coder 33B', client: 'playground', path: CHAT, state: 'failed', status: 404, streamed: false, first: 0, rest: 41, error: 'gpu-3:8000 answered 404: Not Found' },
  { model: 'Codestral 22B', feature: 'code_completions', client: 'gitlab-main', path: CHAT, state: 'completed', status: 200, streamed: true, first: 137, rest: 160 },
  { model: 'Mistral 7B-it', client: 'curl 8.5', path: CHAT, state: 'completed', status: 200, streamed: false, first: 203, rest: 940 },
  { model: 'evil.example', client: 'unknown', path: '/v1/models', state: 'refused', status: 403, streamed: false, first: 0, rest: 1, error: 'The host evil.example is not allowed.' },
]
const ORDER = [0, 1, 3, 2, 0, 4, 6, 5, 0, 1, 7, 3, 2, 6, 4, 0, 1, 8, 6, 3]

type Done = Pick<RequestView, 'family' | 'provider' | 'answered_by' | 'retries' | 'queued_ms' | 'notes'>
/** What the gateway did to the requests of a model. */
const DONE: Record<string, Done> & { nothing: Done } = {
  nothing: { retries: 0, notes: [] },
  'Codestral 22B': {
    family: 'codestral',
    provider: 'openai_compatible',
    retries: 0,
    notes: ['own FIM prompt', 'cut at the end of the block'],
  },
  'Claude 3.5 Sonnet': {
    family: 'claude_3',
    provider: 'bedrock',
    answered_by: 'Mixtral 8x7B-it',
    retries: 2,
    queued_ms: 1240,
    notes: [
      'tried again: bedrock-runtime.eu-central-1.amazonaws.com answered 429: Too many requests, please wait before trying again.',
      'tried again: bedrock-runtime.eu-central-1.amazonaws.com answered 429: Too many requests, please wait before trying again.',
      'fell back to Mixtral 8x7B-it: bedrock-runtime.eu-central-1.amazonaws.com answered 429',
      'system turn folded into the first turn of the user',
    ],
  },
  'DeepSeek Coder 33B': { family: 'deepseekcoder', provider: 'openai_compatible', retries: 0, notes: [] },
}

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function row(id: number, at: number, running = false): RequestView {
  const roll = dice(id * 7919)
  const kind = KINDS[ORDER[id % ORDER.length] ?? 0] ?? KINDS[0]!
  const spread = 0.85 + roll() * 0.4
  const first = kind.first === 0 ? null : Math.round(kind.first * spread)
  const total = Math.max(1, Math.round((kind.first + kind.rest) * spread))
  const tokens = kind.state === 'completed' ? Math.max(4, Math.round((kind.rest / 1000) * 60 * spread)) : null
  return {
    id,
    started_at: new Date(at).toISOString(),
    correlation_id: `01JD9Z${Array.from({ length: 20 }, () => LETTERS[Math.floor(roll() * 32)]).join('')}`,
    state: running ? 'running' : kind.state,
    method: kind.path === '/v1/models' ? 'GET' : 'POST',
    path: kind.path,
    client: kind.client,
    model: kind.model,
    feature: kind.feature ?? null,
    streamed: kind.streamed,
    status: running ? null : (kind.status ?? null),
    first_token_ms: running ? null : first,
    duration_ms: running ? null : total,
    prompt_tokens: tokens && Math.round(120 + roll() * 600),
    completion_tokens: running ? null : tokens,
    finish_reason: tokens && !running ? 'stop' : null,
    error: running ? null : (kind.error ?? null),
    recorded: false,
    address: kind.client === 'playground' ? null : `10.0.4.${1 + (id % 9)}:${40_000 + (id % 20_000)}`,
    connect_ms: running || id % 4 > 0 ? null : 3 + roll() * 6,
    gap_ms: kind.streamed && tokens && !running ? (kind.rest / tokens) * spread : null,
    auth_ms: null,
    token_issuer: null,
    instance_id: null,
    params: kind.status === 403 ? [] : paramsOf(kind),
    ...(running ? DONE.nothing : (DONE[kind.model] ?? DONE.nothing)),
  }
}

/** What was asked for, with content filtered. */
const paramsOf = ({ path, model, streamed }: { path: string; model: string; streamed: boolean }) => [
  { key: 'model', value: model },
  path.includes('completions') && !path.includes('chat')
    ? { key: 'prompt', value: '[FILTERED]' }
    : { key: 'messages', value: [{ role: 'user', content: '[FILTERED]' }] },
  { key: 'temperature', value: 0.2 },
  { key: 'stream', value: streamed },
]

/** A running row as the admin ends it. */
export const cancelled = (row: RequestView): RequestView => ({
  ...row,
  state: 'cancelled',
  status: 503,
  duration_ms: Date.now() - Date.parse(row.started_at),
  notes: ['cancelled by the admin'],
})

export function history(count: number): RequestView[] {
  const roll = dice(42)
  const rows: RequestView[] = []
  let at = Date.now() - 900
  for (let id = count; id > 0; id--) {
    rows.push(row(id, at))
    at -= 900 + roll() * 3200
  }
  return rows
}

/** As much of the query language as the screens need: words and the keys that they offer most. */
function matches(row: RequestView, query: string): boolean {
  const terms = query.match(/-?(\w+:)?("(\\.|[^"])*"|\S+)/g) ?? []
  const texts = [row.model, row.feature, row.client, row.path, row.correlation_id, row.error, ...row.notes]
  return terms.every((term) => {
    if (term.startsWith('-')) return !matches(row, term.slice(1))
    const [, key, quoted] = /^(?:(\w+):)?(.*)$/s.exec(term)!
    const value = quoted!.replace(/^"|"$|\*$/g, '').toLowerCase()
    if (key === 'since' && /^\d+[smhd]$/.test(value)) return true
    if (key === 'since') return Date.parse(row.started_at) >= Date.parse(value)
    if (key === 'until') return Date.parse(row.started_at) < Date.parse(value)
    if (key === 'model' || key === 'client') return row[key].toLowerCase() === value
    if (key === 'state') return row.state === value
    if (key === 'status') return String(row.status) === value
    if (key === 'id') return row.correlation_id.toLowerCase() === value
    return texts.some((text) => (text ?? '').toLowerCase().includes(value))
  })
}

/** The rows for which every term of a query holds. */
export function found(rows: RequestView[], query: string): RequestView[] {
  return rows.filter((row) => matches(row, query))
}

export function page(rows: RequestView[], query: RequestQuery, total: number): RequestPage {
  const text = (query.query ?? '').trim()
  const all = found(rows, text)
  const older = query.before ? all.filter((row) => row.id < (query.before ?? 0)) : all
  return {
    rows: older.slice(0, query.limit),
    matching: text === '' ? total : all.length,
    counted: true,
    total,
  }
}

export function activity(
  minutes: number,
  isEmpty: boolean,
  rows: RequestView[] | undefined,
  query: string,
): Activity {
  const roll = dice(minutes + 3)
  const all = rows?.length ?? 0
  const share = rows && all > 0 ? found(rows, query).length / all : 1
  const buckets = Array.from({ length: 60 }, (_, index) => {
    if (isEmpty) return { requests: 0, errors: 0, first_token_p50_ms: null, completion_tokens: 0 }
    const wave = 30 + index / 5 + Math.sin(index / 6) * 6 + roll() * 7
    return {
      requests: Math.round(((wave * minutes) / 60) * share),
      errors: roll() > 0.8 ? Math.round(Math.ceil(roll() * 3) * share) : 0,
      first_token_p50_ms: Math.round(150 + Math.sin(index / 9) * 14 + roll() * 22),
      completion_tokens: Math.round((1500 + roll() * 700) * minutes),
    }
  })
  const sum = (of: (bucket: (typeof buckets)[number]) => number) =>
    buckets.reduce((all, one) => all + of(one), 0)
  return {
    since: new Date(Date.now() - minutes * 60_000).toISOString(),
    buckets,
    completion_tokens: sum((bucket) => bucket.completion_tokens),
    partial: false,
    evidence: {
      requests: sum((bucket) => bucket.requests),
      errors: sum((bucket) => bucket.errors),
      first_token_p50_ms: isEmpty ? null : 168,
      first_token_p95_ms: isEmpty ? null : 1240,
    },
  }
}
