// Recordings as the fake back end keeps them: the switch works, and two kinds of request show every part.

import type { BodyView } from '../../api/BodyView'
import type { Error as ApiError } from '../../api/Error'
import type { RecordedCall } from '../../api/RecordedCall'
import type { RecordedRequest } from '../../api/RecordedRequest'
import type { RecordingView } from '../../api/RecordingView'
import type { RequestView } from '../../api/RequestView'
import type { StartRecording } from '../../api/StartRecording'
import type { FakeTable } from '../fake'

export const NOT_RECORDING: RecordingView = {
  is_on: false,
  since: null,
  until: null,
  features: [],
  by_gitlab: false,
  requests: 0,
  bodies: 0,
  bytes: 0,
}

const MINUTE = 60_000
const at = (ms: number) => new Date(Date.now() + ms).toISOString()

/** A recording in the middle of its time. */
export const isRecording = (): RecordingView => ({
  ...NOT_RECORDING,
  is_on: true,
  since: at(-8 * MINUTE),
  until: at(7.2 * MINUTE),
  features: ['code_completions', 'duo_chat'],
  requests: 41,
  bodies: 203,
  bytes: 412_300,
})

/** Marks the rows of which such a recording keeps something. */
export const marked = (row: RequestView): RequestView => ({
  ...row,
  recorded: row.state !== 'running' && ['code_completions', 'duo_chat'].includes(row.feature ?? ''),
})

/** As long as the back end's first page, in the letters of these texts. */
const FIRST_PAGE = 32_768

export function body(number: number, content: string, times: number[] = []): BodyView {
  return {
    body: number,
    size: content.length,
    kept: content.length,
    is_binary: false,
    content: content.slice(0, FIRST_PAGE),
    offset: 0,
    next: content.length > FIRST_PAGE ? FIRST_PAGE : null,
    pieces: times.map((at_ms) => ({ at_ms, bytes: Math.floor(content.length / times.length) })),
  }
}

export const JSON_HEADER = { name: 'content-type', value: 'application/json' }
export const event = (choice: object) => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`

const ANSWER = ['(subtotal', ' * rate)', '.round(2)\n', '    subtotal', ' + tax']
const PREFIX = '# The bill of one table.\nclass Bill\n  def total_with_tax(rate)\n    tax = '
const SUFFIX = '\n  end\n\n  def tip\n    (subtotal * 0.1).ceil\n  end\nend\n'
const COMPLETION = {
  asked: {
    model: 'code_completions',
    prompt: PREFIX,
    suffix: SUFFIX,
    max_tokens: 64,
    temperature: 0,
    stream: true,
  },
  preprocessed: { prefix: PREFIX, suffix: SUFFIX },
  sent: {
    model: 'codestral-22b-v0.1',
    prompt: `[SUFFIX]${SUFFIX}[PREFIX]${PREFIX}`,
    max_tokens: 64,
    temperature: 0,
    stop: ['</s>', '[SUFFIX]', '[PREFIX]', '\n\n'],
    stream: true,
  },
  url: 'http://gpu-1:8000/v1/completions',
  came: [...ANSWER.map((text) => event({ text })), event({ text: '</s>', finish_reason: 'stop' })],
  given: ANSWER.map((text) => event({ text })),
}
const QUESTION = [
  { role: 'system', content: 'You are a helpful assistant that answers in a few sentences.' },
  {
    role: 'user',
    content: 'Why does CREATE INDEX <b>lock</b> the table, and what does "CONCURRENTLY" change?',
  },
]
const REPLY = [
  'It takes a SHARE lock,',
  ' so reads go on',
  ' and writes wait.',
  ' CONCURRENTLY builds it in two passes.',
]
const CHAT = {
  asked: { model: 'duo_chat', messages: QUESTION, stream: true },
  preprocessed: { messages: QUESTION },
  sent: {
    model: 'mixtral-8x7b',
    messages: [{ role: 'user', content: `${QUESTION[0]!.content}\n\n${QUESTION[1]!.content}` }],
    stream: true,
  },
  url: 'http://gpu-2:8000/v1/chat/completions',
  came: [...REPLY.map((content) => event({ delta: { content } })), 'data: [DONE]\n\n'],
  given: [...REPLY.map((content) => event({ delta: { content } })), 'data: [DONE]\n\n'],
}

function request(row: RequestView): RecordedRequest {
  const kind = row.feature === 'code_completions' ? COMPLETION : CHAT
  const first = row.first_token_ms ?? (row.duration_ms ?? 90) / 2
  const step = ((row.duration_ms ?? 300) - first) / kind.came.length
  const times = (from: number, pieces: string[]) => pieces.map((_, place) => from + place * step)
  const call: RecordedCall = {
    model: row.answered_by ?? row.model,
    at_ms: 2.1,
    method: 'POST',
    url: kind.url,
    headers: [JSON_HEADER, { name: 'user-agent', value: 'gatehouse/0.9.0' }],
    body: body(2, JSON.stringify(kind.sent)),
    answered_at_ms: first - 4,
    status: 200,
    answer_headers: [
      { name: 'content-type', value: 'text/event-stream' },
      { name: 'server', value: 'uvicorn' },
    ],
    answer: body(3, kind.came.join(''), times(first - 2, kind.came)),
  }
  return {
    id: row.id,
    by: 'recording',
    headers: [
      JSON_HEADER,
      { name: 'user-agent', value: 'gitlab-rails/17.6' },
      { name: 'x-gitlab-host-name', value: 'gitlab.example.org' },
    ],
    received: body(0, JSON.stringify(kind.asked)),
    preprocessed: body(1, JSON.stringify(kind.preprocessed)),
    calls: [call],
    answer: body(4, kind.given.join(''), times(first, kind.given)),
  }
}

type Operations = Pick<
  FakeTable,
  | 'recording'
  | 'start_recording'
  | 'stop_recording'
  | 'allow_gitlab_recording'
  | 'purge_recordings'
  | 'recorded_request'
  | 'recorded_body'
>

/** The operations; `push` tells the status of a change. */
export function recording(
  now: () => RecordingView,
  push: (view: RecordingView) => void,
  rows: () => RequestView[],
): Operations {
  const change = (part: Partial<RecordingView>): RecordingView => {
    push({ ...now(), ...part })
    return now()
  }
  const of = (id: number): RecordedRequest => {
    const row = rows().find((one) => one.id === id && one.recorded)
    const refusal: ApiError = {
      code: 'not_found',
      message: `Nothing is recorded of request ${id}.`,
      hint: 'Start a recording and send the request again; recordings may also have been purged.',
      field: null,
    }
    if (!row || now().requests === 0) throw refusal
    return request(row)
  }
  return {
    recording: now,
    start_recording: ({ for_seconds, features }: StartRecording) =>
      change({ is_on: true, since: at(0), until: for_seconds ? at(for_seconds * 1000) : null, features }),
    stop_recording: () => change({ is_on: false, since: null, until: null }),
    allow_gitlab_recording: (by_gitlab) => change({ by_gitlab }),
    purge_recordings: () => change({ requests: 0, bodies: 0, bytes: 0 }),
    recorded_request: of,
    recorded_body: ({ id }) => of(id).received,
  }
}
