// The history of the playground in memory, with the lines of the drawing.

import type { Error as ApiError } from '../../api/Error'
import type { KeptTrial } from '../../api/KeptTrial'
import type { Message } from '../../api/Message'
import type { Preset } from '../../api/Preset'
import type { PromptExchange } from '../../api/PromptExchange'
import type { SuiteView } from '../../api/SuiteView'
import type { Trial } from '../../api/Trial'
import type { TrialRow } from '../../api/TrialRow'
import type { FakeTable } from '../fake'
import { refusedPrompt } from './check'

const HOUR = 3_600_000
const at = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString()

// prettier-ignore
const LINES: { title: string; models: string[]; hours: number; replays?: string; pinned?: boolean; mode?: Trial['mode'] }[] = [
  { title: 'Reviewer of migrations', models: ['Claude 3.5 Sonnet'], hours: 70, pinned: true },
  { title: 'Why does this migration lock', models: ['Mixtral 8x7B-it', 'Claude 3.5 Sonnet'], hours: 0.2 },
  { title: 'Replay of 01JD9Z5H', models: ['Mixtral 8x7B-it'], hours: 0.5, replays: '01JD9Z5H000000000000000000' },
  { title: 'Explain this regex: ^(?=.*\\d)', models: ['Mixtral 8x7B-it', 'Claude 3.5 Sonnet', 'Mistral 7B-it'], hours: 1 },
  { title: 'Invoice#total_with_tax', models: ['Codestral 22B', 'Qwen2.5-Coder 7B'], hours: 1.5, mode: 'completion' },
  { title: 'Refactor InvoiceTotal to use', models: ['Claude 3.5 Sonnet', 'DeepSeek Coder 33B'], hours: 22 },
  { title: 'What does N+1 mean here', models: ['Mixtral 8x7B-it'], hours: 25 },
  { title: 'Write RSpec for Money#round', models: ['Claude 3.5 Sonnet', 'Codestral 22B'], hours: 26 },
  { title: 'Fix: undefined method `id\' for', models: ['Claude 3.5 Sonnet'], hours: 27 },
  { title: 'Summarise the merge request', models: ['Mixtral 8x7B-it', 'Mistral 7B-it'], hours: 24 * 5 },
  { title: 'Ping', models: ['Codestral 22B', 'Mixtral 8x7B-it', 'Qwen2.5-Coder 7B', 'Claude 3.5 Sonnet'], hours: 24 * 6 },
]

function lines(): KeptTrial[] {
  return LINES.map(({ title, models, hours, replays, pinned = false, mode = 'chat' }, index) => ({
    row: {
      id: String(index).padStart(32, '0'),
      title,
      is_named: pinned,
      is_pinned: pinned,
      mode,
      models,
      replays: replays ?? null,
      created_at: at(hours),
      updated_at: at(hours),
    },
    trial: {
      mode,
      sent_as: 'openai',
      system: 'You are a careful Ruby reviewer. Short answers, code first.',
      typed: '',
      images: [],
      is_linked: true,
      columns: models.map((model) => ({
        model,
        parameters: { temperature: 0.2, max_tokens: 1024 },
        turns:
          mode === 'chat'
            ? [
                {
                  ask: [{ role: 'user', content: title }],
                  answer: { state: 'done', text: 'It depends.', reasoning: '', tool_calls: [] },
                },
              ]
            : [],
      })),
      file: null,
      raw: null,
    },
  }))
}

const missing: ApiError = {
  code: 'not_found',
  message: 'This is not kept any more.',
  hint: 'The list was read again.',
}

function titleOf(trial: Trial): string {
  const first = trial.columns[0]?.turns[0]?.ask[0]?.content ?? ''
  return first || trial.typed || trial.file?.name || trial.raw?.path || trial.system || 'Untitled'
}

function textOf(messages: Message[]): string {
  return messages.map((message) => message.content).join('\n')
}

type Name =
  | 'measure_prompt' | 'prompt_exchange' | 'prompt_body'
  | 'list_trials' | 'get_trial' | 'save_trial' | 'mark_trial' | 'remove_trial' | 'trial_of_request'
  | 'export_trials' | 'import_trials'
  | 'list_presets' | 'save_preset' | 'remove_preset' | 'list_suites' | 'save_case' | 'open_link' // prettier-ignore

export function trials(
  isEmpty: boolean,
  exchanges: Map<string, PromptExchange>,
  modelOf: (request: number) => string,
): Pick<FakeTable, Name> {
  let kept = isEmpty ? [] : lines()
  let presets: Preset[] = isEmpty
    ? []
    : [
        {
          name: 'Ruby reviewer',
          system: 'You are a careful Ruby reviewer.',
          parameters: { temperature: 0.2 },
        },
      ]
  let suites: SuiteView[] = isEmpty ? [] : [{ name: 'Rails questions', cases: 12, path: 'rails.jsonl' }]
  const find = (id: string) => {
    const found = kept.find((one) => one.row.id === id)
    if (!found) throw missing
    return found
  }
  const put = (next: KeptTrial): TrialRow => {
    kept = [next, ...kept.filter((one) => one.row.id !== next.row.id)]
    return next.row
  }
  return {
    measure_prompt: (request) => {
      const { ask, model } = request
      const refused = refusedPrompt(request)
      if (refused) throw refused
      const text =
        ask.mode === 'chat' ? textOf(ask.messages) : ask.mode === 'raw' ? ask.body : ask.prefix + ask.suffix
      return {
        prompt_tokens: Math.ceil(text.length / 4) + 7,
        is_estimate: model.startsWith('Mistral'),
        context_tokens: model.startsWith('CodeGemma') ? 8192 : 32_768,
      }
    },
    prompt_exchange: (id) => {
      const found = exchanges.get(id)
      if (!found) throw missing
      return found
    },
    prompt_body: ({ correlation_id, body }) => {
      const found = exchanges.get(correlation_id)
      const all = found && [
        found.received,
        found.answer,
        ...found.calls.flatMap((one) => [one.body, one.answer]),
      ]
      const one = all?.find((view) => view.body === body)
      if (!one) throw missing
      return one
    },
    list_trials: ({ limit, skip, search }) => {
      const words = (search ?? '').toLowerCase().split(/\s+/)
      const rows = kept
        .filter(({ row, trial }) => {
          const text = `${row.title} ${JSON.stringify(trial)}`.toLowerCase()
          return words.every((word) => text.includes(word))
        })
        .map((one) => one.row)
        .toSorted((one, other) =>
          one.is_pinned === other.is_pinned
            ? other.updated_at.localeCompare(one.updated_at)
            : Number(other.is_pinned) - Number(one.is_pinned),
        )
      return { rows: rows.slice(skip, skip + limit), matching: rows.length, total: kept.length }
    },
    get_trial: (id) => structuredClone(find(id)),
    save_trial: ({ id, trial, replays }) => {
      const before = kept.find((one) => one.row.id === id)?.row
      const title = before?.is_named
        ? before.title
        : replays
          ? `Replay of ${replays.slice(0, 8)}`
          : titleOf(trial)
      return put({
        row: {
          id,
          title: title.slice(0, 80),
          is_named: before?.is_named ?? false,
          is_pinned: before?.is_pinned ?? false,
          mode: trial.mode,
          models: trial.columns.map((column) => column.model),
          replays: replays ?? null,
          created_at: before?.created_at ?? at(0),
          updated_at: at(0),
        },
        trial: structuredClone(trial),
      })
    },
    mark_trial: ({ id, title, is_pinned }) => {
      const { row, trial } = find(id)
      const named =
        title === undefined || title === null
          ? {}
          : { title: title || titleOf(trial), is_named: title !== '' }
      return put({ row: { ...row, ...named, is_pinned: is_pinned ?? row.is_pinned }, trial })
    },
    remove_trial: (id) => {
      kept = kept.filter((one) => one.row.id !== id)
      return null
    },
    trial_of_request: (id) => ({
      ...lines()[1]!.trial,
      typed: 'Why does CREATE INDEX lock the table?',
      columns: [{ model: modelOf(id), parameters: { max_tokens: 1024 }, turns: [] }],
    }),
    export_trials: (ids) => ({
      path: '/home/ada/Downloads/gatehouse-trials.json',
      rows: ids.length || kept.length,
    }),
    import_trials: (text) => {
      const list: unknown = JSON.parse(text)
      return { added: Array.isArray(list) ? list.length : 1, known: 0 }
    },
    list_presets: () => presets,
    save_preset: (preset) => (presets = [...presets.filter((one) => one.name !== preset.name), preset]),
    remove_preset: (name) => (presets = presets.filter((one) => one.name !== name)),
    list_suites: () => suites,
    save_case: ({ suite }) => {
      const before = suites.find((one) => one.name === suite)
      const next = { name: suite, path: `${suite}.jsonl`, cases: (before?.cases ?? 0) + 1 }
      suites = [...suites.filter((one) => one.name !== suite), next]
      return next
    },
    open_link: () => null,
  }
}
