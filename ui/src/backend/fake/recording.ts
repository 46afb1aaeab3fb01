// Recordings as the fake back end keeps them: the switch works, one request shows every part.

import type { BodyView } from '../../api/BodyView'
import type { RecordedRequest } from '../../api/RecordedRequest'
import type { RecordingView } from '../../api/RecordingView'
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

const body = (number: number, content: string, times: number[] = []): BodyView => ({
  body: number,
  size: content.length,
  kept: content.length,
  is_binary: false,
  content,
  offset: 0,
  next: null,
  pieces: times.map((at_ms) => ({ at_ms, bytes: Math.floor(content.length / times.length) })),
})

const ASKED = '{"model":"duo_chat","messages":[{"role":"user","content":"Why is the sky blue?"}]}'
const SENT = '{"model":"mixtral-8x7b","messages":[{"role":"user","content":"Why is the sky blue?"}]}'
const CAME = 'data: {"choices":[{"delta":{"content":"Because"}}]}\n\ndata: [DONE]\n\n'

const request = (id: number): RecordedRequest => ({
  id,
  by: 'recording',
  headers: [{ name: 'content-type', value: 'application/json' }],
  received: body(0, ASKED),
  preprocessed: body(1, '{"messages":[{"role":"user","content":"Why is the sky blue?"}]}'),
  calls: [
    {
      model: 'Mixtral 8x7B-it',
      at_ms: 2.1,
      method: 'POST',
      url: 'http://gpu-2:8000/v1/chat/completions',
      headers: [{ name: 'content-type', value: 'application/json' }],
      body: body(2, SENT),
      answered_at_ms: 140,
      status: 200,
      answer_headers: [{ name: 'content-type', value: 'text/event-stream' }],
      answer: body(3, CAME, [141, 160]),
    },
  ],
  answer: body(4, CAME, [142, 161]),
})

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
export function recording(now: () => RecordingView, push: (view: RecordingView) => void): Operations {
  const change = (part: Partial<RecordingView>): RecordingView => {
    push({ ...now(), ...part })
    return now()
  }
  return {
    recording: now,
    start_recording: ({ for_seconds, features }: StartRecording) =>
      change({
        is_on: true,
        since: new Date().toISOString(),
        until: for_seconds ? new Date(Date.now() + for_seconds * 1000).toISOString() : null,
        features,
      }),
    stop_recording: () => change({ is_on: false, since: null, until: null }),
    allow_gitlab_recording: (by_gitlab) => change({ by_gitlab }),
    purge_recordings: () => change({ requests: 0, bodies: 0, bytes: 0 }),
    recorded_request: request,
    recorded_body: ({ id }) => request(id).received,
  }
}
