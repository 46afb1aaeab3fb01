// Bodies to begin with, for each path that the gateway answers to a POST.

import type { TrialRaw } from '../api/TrialRaw'

type Template = { path: string; title: string; body: (model: string) => unknown }

const file = {
  file_name: 'invoice.rb',
  content_above_cursor: 'def total\n  ',
  content_below_cursor: '\nend\n',
}
const question = [{ role: 'user', content: 'Say hello in one sentence.' }]

// prettier-ignore
export const TEMPLATES: Template[] = [
  { path: '/v1/chat/completions', title: 'OpenAI, chat', body: (model) => ({ model, messages: question, stream: true }) },
  { path: '/v1/completions', title: 'OpenAI, text and fill in the middle', body: (model) => ({ model, prompt: file.content_above_cursor, suffix: file.content_below_cursor, max_tokens: 64 }) },
  { path: '/v1/responses', title: 'OpenAI, responses', body: (model) => ({ model, input: 'Say hello in one sentence.', stream: true }) },
  { path: '/v1/embeddings', title: 'OpenAI, embeddings', body: (model) => ({ model, input: ['hello'] }) },
  { path: '/v1/messages', title: 'Anthropic, messages', body: (model) => ({ model, max_tokens: 256, messages: question, stream: true }) },
  { path: '/v1/messages/count_tokens', title: 'Anthropic, count tokens', body: (model) => ({ model, messages: question }) },
  { path: '/v2/code/completions', title: 'GitLab, code completion', body: () => ({ current_file: { ...file, language_identifier: 'ruby' }, prompt_version: 2, intent: 'completion', stream: false, telemetry: [] }) },
  { path: '/v2/completions', title: 'GitLab, code completion from the editor', body: () => ({ current_file: { ...file, language_identifier: 'ruby' }, prompt_version: 1, stream: false, telemetry: [] }) },
  { path: '/v2/code/generations', title: 'GitLab, code generation up to 17.10', body: () => ({ current_file: file, prompt: 'a method that adds tax', prompt_version: 2, prompt_id: 'code_suggestions/generations', stream: false, telemetry: [] }) },
  { path: '/v4/code/suggestions', title: 'GitLab, code generation', body: () => ({ prompt_components: [{ type: 'code_editor_generation', payload: { ...file, language_identifier: 'Ruby', stream: false, prompt_id: 'code_suggestions/generations', prompt_version: '^1.0.0', prompt_enhancer: { examples_array: [], trimmed_content_above_cursor: file.content_above_cursor, trimmed_content_below_cursor: file.content_below_cursor, related_files: [], related_snippets: [], libraries: [], user_instruction: 'a method that adds tax' } } }], stream: false }) },
  { path: '/v2/chat/agent', title: 'GitLab, Duo Chat', body: () => ({ messages: [{ ...question[0], context: null, current_file: null, additional_context: [] }], unavailable_resources: [] }) },
  { path: '/v1/prompts/model_configuration%2Fcheck', title: 'GitLab, test connection', body: () => ({ inputs: {}, prompt_version: '^1.0.0' }) },
]

export function templateOf(path: string, model: string): TrialRaw {
  const found = TEMPLATES.find((one) => one.path === path)
  return { path, body: `${JSON.stringify(found?.body(model) ?? { model }, null, 2)}\n` }
}

/** The model that a body names; nothing when it names none, or is no JSON. */
export function modelIn(body: string): string | undefined {
  try {
    const { model } = Object(JSON.parse(body)) as { model?: unknown }
    return typeof model === 'string' && model !== '' ? model : undefined
  } catch {
    return undefined
  }
}

/** Whether a body is a template, with nothing written into it. */
export const isTemplate = ({ path, body }: TrialRaw): boolean =>
  templateOf(path, modelIn(body) ?? '').body === body
