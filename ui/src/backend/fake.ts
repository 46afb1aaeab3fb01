// A back end made of memory, for component tests and screenshots. Never part of a production build.

import type { Api } from '../api/Api'
import type { ClientKeyView } from '../api/ClientKeyView'
import type { Error as ApiError } from '../api/Error'
import type { FamilyRecord } from '../api/FamilyRecord'
import type { GatewaySettings } from '../api/GatewaySettings'
import type { ModelView } from '../api/ModelView'
import type { PromptRequest } from '../api/PromptRequest'
import type { RequestQuery } from '../api/RequestQuery'
import type { RequestView } from '../api/RequestView'
import type { Route } from '../api/Route'
import type { Status } from '../api/Status'
import type { Backend } from './backend'
import { answers } from './fake/answers'
import { OWN, RECORDS, render, viewOf } from './fake/families'
import { change, features, routes } from './fake/features'
import { gitlab } from './fake/gitlab'
import { join } from './fake/join'
import { clientKeys } from './fake/keys'
import { log, space } from './fake/log'
import { models, saved } from './fake/models'
import { prompts } from './fake/prompts'
import { PROVIDERS, resolve, split } from './fake/providers'
import { isRecording, marked, NOT_RECORDING, recording } from './fake/recording'
import { activity, cancelled, history, page, row } from './fake/requests'
import { report } from './fake/tests'
import { trials } from './fake/trials'

export type FakeTable = { [Name in keyof Api]: (input: Api[Name][0]) => Api[Name][1] | Promise<Api[Name][1]> }
export type Fake = Backend & { table: FakeTable; calls: { name: string; input: unknown }[]; tick: () => void }

const refusal = (
  code: ApiError['code'],
  message: string,
  hint: string,
  field: ApiError['field'] = null,
): ApiError => ({ code, message, hint, field })
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export function fake(search = ''): Fake {
  const words = new URLSearchParams(search)
  const state = words.get('state') ?? ''
  const isEmpty = state === 'empty'
  const isStill = words.has('still')
  let list: ModelView[] = isEmpty ? [] : models()
  let routed = routes(list)
  let own: FamilyRecord[] = isEmpty ? [] : [OWN]
  const seen = state === 'recording' ? marked : (one: RequestView) => one
  let rows = isEmpty ? [] : history(2400).map(seen)
  let total = isEmpty ? 0 : 48_211
  let keys: ClientKeyView[] = isEmpty ? [] : clientKeys(ago)
  let settings: GatewaySettings = {
    listen: '127.0.0.1:5052',
    start_with_app: true,
    allowed_hosts: isEmpty ? [] : ['gatehouse.example.org'],
    allowed_origins: [],
    max_in_flight: 64,
    max_body_bytes: 32 * 1024 * 1024,
    first_byte_timeout: 60,
    completion_timeout: 10,
    idle_timeout: 60,
    total_timeout: 600,
    drain_timeout: 30,
    retries: 2,
    queue_timeout: 5,
  }
  const running = (): Status['gateway'] => ({
    state: 'running',
    address: settings.listen,
    base_url: `http://${settings.listen}/v1`,
    since: ago(60 * 148),
    loopback: /^(127\.|\[::1\])/.test(settings.listen),
  })
  const taken = refusal(
    'port_taken',
    'Port 5052 is taken: llama-server (process 41127) holds it.',
    'Choose another port, or end that program.',
  )
  let status: Status = {
    gateway:
      isEmpty || state === 'stopped'
        ? { state: 'stopped' }
        : state === 'failed'
          ? { state: 'failed', error: taken }
          : running(),
    in_flight: isEmpty ? 0 : 3,
    most_in_flight: isEmpty ? 0 : 11,
    accepted: total,
    logged: total,
    refused: isEmpty ? 0 : 14,
    hung_up: isEmpty ? 0 : 6302,
    client_keys: keys.length,
    open_on_loopback: state === 'notices',
    audited: 0,
    last_error: isEmpty
      ? null
      : {
          request: rows.find((one) => one.state === 'failed')?.id ?? 1,
          at: ago(1),
          sentence: 'gpu-3:8000 answered 404',
        },
    keyring:
      state === 'failed'
        ? { state: 'locked', sentence: 'The keyring is locked. Unlock it, then try again.' }
        : { state: 'ready', sentence: 'The keyring answers.' },
    log: { writing: true, waiting: 0, lost: 0, space: space(total) },
    recording: state === 'recording' ? isRecording() : NOT_RECORDING,
    notices:
      state === 'notices'
        ? [
            {
              what: 'The last run ended unexpectedly.',
              why: 'Requests that were running are marked as interrupted in Logs.',
            },
          ]
        : [],
    read_only:
      state === 'notices' ? 'Another Gatehouse holds the settings. Close it to change them here.' : null,
    version: '0.9.0',
    data_dir: 'gatehouse',
  }
  const listeners = new Set<(status: Status) => void>()
  const tails = new Set<() => void>()
  const push = (change: Partial<Status>): Status => {
    status = { ...status, ...change }
    listeners.forEach((hear) => hear(status))
    return status
  }
  const model = (id: string) => {
    const found = list.find((one) => one.id === id)
    if (!found) throw refusal('not_found', 'This model does not exist any more.', 'The list was read again.')
    return found
  }
  const replace = (next: ModelView) => {
    list = list.map((one) => (one.id === next.id ? next : one))
    return next
  }
  const familyViews = () =>
    [...RECORDS, ...own].map((record) =>
      viewOf(
        record,
        own.includes(record),
        list.filter((one) => one.family === record.name).map((one) => one.name),
      ),
    )
  const namedBy = (id: string) =>
    [...routed]
      .filter(([, route]) => route.kind === 'model' && (route.model === id || route.fallback === id))
      .map(([feature]) => feature)
  const shown = () => list.map((one) => ({ ...one, features: namedBy(one.id) }))

  const { answer, exchanges } = answers(
    (name) => list.find((one) => one.name === name)?.health.state === 'failed',
    (name) => list.find((one) => one.name === name)?.price,
    { pace: Number(words.get('pace') ?? 24), stall: words.has('stall') },
    (asked) => {
      rows = [{ ...row((rows[0]?.id ?? 0) + 1, Date.now()), ...asked }, ...rows]
      tails.forEach((hear) => hear())
    },
  )

  const table: FakeTable = {
    status: () => status,
    activity: ({ minutes, query }) => activity(minutes, isEmpty, query ? rows : undefined, query ?? ''),
    list_families: familyViews,
    save_family: ({ record, is_new }) => {
      if (is_new && familyViews().some((one) => one.record.name === record.name))
        throw refusal(
          'invalid',
          `A model family named "${record.name}" exists already.`,
          'Choose another name.',
          'name',
        )
      own = is_new ? [...own, record] : own.map((one) => (one.name === record.name ? record : one))
      return familyViews()
    },
    remove_family: (name) => {
      own = own.filter((one) => one.name !== name)
      return familyViews()
    },
    preview_family: (record) => {
      const isWhole = ['{prefix}', '{suffix}'].every((hole) => record.fim?.template.split(hole).length === 2)
      return record.fim && !isWhole
        ? {
            prompt: null,
            problem: refusal(
              'invalid',
              'The model family needs {prefix} and {suffix} once each in its FIM prompt.',
              'Change the record and save again.',
              'template',
            ),
          }
        : { prompt: render(record), problem: null }
    },
    list_providers: () => PROVIDERS,
    list_models: shown,
    save_model_and_key: ({ draft }) => table.save_model(draft),
    ...recording(
      () => status.recording,
      (view) => push({ recording: view }),
      () => rows,
    ),
    save_model: (draft) => {
      if (draft.name.trim() === '')
        throw refusal('invalid', 'The deployment name is empty.', 'Use 1 to 255 characters.', 'name')
      if (['code_completions', 'duo_chat'].includes(draft.name))
        throw refusal(
          'invalid',
          `"${draft.name}" is the name of a feature, and clients use it as a model.`,
          'Choose another name.',
          'name',
        )
      if (list.some((one) => one.name === draft.name && one.id !== draft.id))
        throw refusal(
          'invalid',
          `A model named "${draft.name}" exists already.`,
          'Choose another name, or edit the model that has it.',
          'name',
        )
      const before = draft.id ? model(draft.id) : undefined
      const hue = (list.length % 8) + 1
      const built = saved(draft, draft.id ?? `n${list.length + 1}`, hue, familyViews(), before)
      if (before) return replace(built)
      list = [...list, built]
      return built
    },
    remove_model: (id) => {
      list = list.filter((one) => one.id !== id)
      const isIts = (route: Route) => route.kind === 'model' && (route.model === id || route.fallback === id)
      const lost = [...routed].filter(([, route]) => isIts(route)).map(([feature]) => feature)
      routed = new Map([...routed].filter(([, route]) => route.kind !== 'model' || route.model !== id))
      return lost
    },
    switch_model: ({ id, enabled }) =>
      replace({
        ...model(id),
        enabled,
        health: { ...model(id).health, state: enabled ? 'unknown' : 'off', at: null },
      }),
    set_key: ({ id, key }) => replace({ ...model(id), key: key === '' ? 'absent' : 'stored' }).key,
    read_keys: () => push({ keyring: { state: 'ready', sentence: 'The keyring answers.' } }).keyring,
    resolve_endpoint: (input) => resolve(input, familyViews()),
    list_served_models: (input) =>
      split(input.identifier, input.provider)[0] === 'bedrock'
        ? [{ id: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', context: 200_000 }]
        : [
            { id: 'Qwen/Qwen2.5-Coder-32B-Instruct', context: 32_768 },
            { id: 'qwen-lora-ruby', context: 32_768 },
          ],
    test_model: async (input) => {
      if (!isStill && words.has('state')) await new Promise((resolve) => setTimeout(resolve, 600))
      const found = report(input)
      if (input.draft.id)
        replace({
          ...model(input.draft.id),
          health: {
            state: found.ok ? 'ok' : 'failed',
            sentence: found.error?.message ?? 'answered',
            at: found.at,
          },
        })
      return found
    },
    list_features: () => features(list, routed),
    set_routes: (changes) => {
      routed = change(routed, changes, features(list, routed))
      return features(list, routed)
    },
    start_gateway: () => {
      if (state === 'failed' && settings.listen.endsWith(':5052')) {
        push({ gateway: { state: 'failed', error: taken } })
        throw taken
      }
      return push({ gateway: running() })
    },
    stop_gateway: () => push({ gateway: { state: 'stopped' }, in_flight: 0 }),
    gateway_settings: () => settings,
    save_gateway_settings: (next) => {
      settings = next
      return push(status.gateway.state === 'running' ? { gateway: running() } : {})
    },
    check_port: (port) =>
      port === 8080 || (state === 'failed' && port === 5052)
        ? { port, free: false, holder: 'llama-server (process 41127)', suggestion: port + 1 }
        : { port, free: true, holder: null, suggestion: null },
    list_client_keys: () => keys,
    create_client_key: (name) => {
      const made = { id: `k${keys.length + 1}`, name, created_at: ago(0), last_used_at: null }
      keys = [...keys, made]
      push({ client_keys: keys.length })
      return { ...made, key: 'gh_7Qk2vX9mZr4TfYb1LcNs8WdEa3HpJu6K' }
    },
    revoke_client_key: (id) => {
      keys = keys.filter((one) => one.id !== id)
      push({ client_keys: keys.length })
      return null
    },
    ...gitlab(state, (open_on_loopback) => push({ open_on_loopback })),
    ...prompts(isEmpty),
    list_requests: (query) => page(rows, query, total),
    ...log(() => rows, isEmpty),
    ...join(() => rows),
    ...trials(isEmpty, exchanges, (id) => rows.find((one) => one.id === id)?.model ?? ''),
    cancel_request: (id) => {
      rows = rows.map((one) => (one.id === id ? cancelled(one) : one))
      tails.forEach((hear) => hear())
      return table.get_request(id)
    },
    get_request: (id) => {
      const found = rows.find((one) => one.id === id)
      if (found) return found
      throw refusal('not_found', 'This request is not stored any more.', 'Old rows are removed first.')
    },
  }

  let pending = 0
  function tick() {
    const next = rows[0] ? rows[0].id + 1 : 1
    rows = [
      row(next, Date.now(), true),
      ...rows.map((one) => (one.id === pending ? seen(row(one.id, Date.parse(one.started_at))) : one)),
    ]
    pending = next
    total += 1
    push({ accepted: total, logged: total, in_flight: 2 + (next % 3) })
    tails.forEach((hear) => hear())
  }
  if (!isEmpty && !isStill && words.has('state'))
    setInterval(() => status.gateway.state === 'running' && tick(), 1400)
  else if (!isEmpty && isStill) tick()

  const calls: Fake['calls'] = []
  return {
    table,
    calls,
    tick,
    async call(name, ...input) {
      calls.push({ name, input: input[0] ?? null })
      const answer = table[name] as (input: unknown) => never
      return answer(input[0] ?? null)
    },
    open(name, input, onEvent) {
      const hear = onEvent as (event: unknown) => void
      if (name === 'status') {
        listeners.add(hear)
        queueMicrotask(() => hear(status))
        return () => listeners.delete(hear)
      }
      if (name === 'requests') {
        const send = () => hear(page(rows, input as RequestQuery, total))
        tails.add(send)
        queueMicrotask(send)
        return () => tails.delete(send)
      }
      return answer(input as PromptRequest, hear)
    },
  }
}
