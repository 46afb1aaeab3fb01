// The deployments of the drawings: eight, one failed, one switched off, two without any key.

import type { FamilyView } from '../../api/FamilyView'
import type { FeatureView } from '../../api/FeatureView'
import type { HealthState } from '../../api/HealthState'
import type { ModelView } from '../../api/ModelView'
import type { SecretState } from '../../api/SecretState'

export const FAMILIES: FamilyView[] = [
  { family: 'mistral', title: 'Mistral', chats: true },
  { family: 'mixtral', title: 'Mixtral', chats: true },
  { family: 'codestral', title: 'Codestral', chats: false },
  { family: 'codellama', title: 'Code Llama', chats: false },
  { family: 'codegemma', title: 'CodeGemma', chats: false },
  { family: 'deepseekcoder', title: 'DeepSeek Coder', chats: false },
  { family: 'claude_3', title: 'Claude 3', chats: true },
  { family: 'gpt', title: 'GPT', chats: true },
  { family: 'llama3', title: 'Llama 3', chats: true },
  { family: 'general', title: 'General', chats: true },
]

type Sketch = {
  name: string
  family: ModelView['family']
  endpoint: string
  identifier: string
  hue: number
  key?: SecretState
  health?: HealthState
  said?: string
  old?: number
  first?: number
  requests?: number
  errors?: number
}

// prettier-ignore
const SKETCHES: Sketch[] = [
  { name: 'Claude 3.5 Sonnet', family: 'claude_3', endpoint: 'https://models.example.org/v1', identifier: 'claude-3-5-sonnet', hue: 4, key: 'stored', old: 31, first: 740, requests: 6120, errors: 25 },
  { name: 'CodeGemma 7b-it', family: 'codegemma', endpoint: 'http://localhost:11434/v1', identifier: 'codegemma:7b-instruct', hue: 5, old: 12, first: 121, requests: 0 },
  { name: 'Codestral 22B', family: 'codestral', endpoint: 'http://gpu-1:8000/v1', identifier: 'codestral-22b-v0.1', hue: 1, key: 'stored', old: 3, first: 142, requests: 31904, errors: 71 },
  { name: 'DeepSeek Coder 33B', family: 'deepseekcoder', endpoint: 'http://gpu-3:8000', identifier: 'deepseek-coder-33b-instruct', hue: 6, health: 'failed', said: 'gpu-3:8000 answers 404', old: 12, requests: 22, errors: 22 },
  { name: 'GPT-4o mini', family: 'gpt', endpoint: 'https://contoso.example.org/v1', identifier: 'gpt-4o-mini', hue: 8, key: 'environment', health: 'off' },
  { name: 'Mistral 7B-it', family: 'mistral', endpoint: 'http://localhost:1234/v1', identifier: 'mistral-7b-instruct-v0.3', hue: 7, old: 48, first: 203, requests: 311 },
  { name: 'Mixtral 8x7B-it', family: 'mixtral', endpoint: 'http://gpu-2:8000/v1', identifier: 'mixtral-8x7b-instruct', hue: 2, key: 'stored', old: 7, first: 1920, requests: 9833, errors: 58 },
  { name: 'Qwen2.5-Coder 7B', family: 'general', endpoint: 'http://localhost:8080/v1', identifier: '', hue: 3, health: 'unknown', said: 'Not tested yet' },
]

export function models(): ModelView[] {
  return SKETCHES.map((sketch, index) => build(sketch, `m${index + 1}`))
}

const FEATURES_OF: Record<string, ModelView['features']> = {
  'Codestral 22B': ['code_completions'],
  'Claude 3.5 Sonnet': ['code_generations'],
  'Mixtral 8x7B-it': ['duo_chat'],
}

function build(sketch: Sketch, id: string): ModelView {
  const title = FAMILIES.find((family) => family.family === sketch.family)?.title ?? sketch.family
  const state = sketch.health ?? 'ok'
  return {
    id,
    name: sketch.name,
    family: sketch.family,
    family_title: title,
    endpoint: sketch.endpoint,
    host: new URL(sketch.endpoint).host,
    chat_url: `${sketch.endpoint}/chat/completions`,
    identifier: sketch.identifier,
    provider: 'openai_compatible',
    is_sample: false,
    enabled: state !== 'off',
    hue: sketch.hue,
    key: sketch.key ?? 'absent',
    key_variable: `GATEHOUSE_KEY_${sketch.name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`,
    features: FEATURES_OF[sketch.name] ?? [],
    health: {
      state,
      sentence: sketch.said ?? 'answered in 142 ms',
      at: sketch.old === undefined ? null : new Date(Date.now() - sketch.old * 1000).toISOString(),
    },
    evidence: {
      requests: sketch.requests ?? 0,
      errors: sketch.errors ?? 0,
      first_token_p50_ms: sketch.requests && sketch.first ? sketch.first : null,
      first_token_p95_ms: sketch.requests && sketch.first ? Math.round(sketch.first * 1.7) : null,
    },
  }
}

/** A model as `save_model` would register it. */
export function fresh(id: string, name: string, family: string, endpoint: string, hue: number): ModelView {
  const isSample = endpoint === 'sample'
  const known = FAMILIES.find((one) => one.family === family)
  return {
    id,
    name,
    family: known?.family ?? 'general',
    family_title: known?.title ?? 'General',
    endpoint,
    host: isSample ? 'built in' : new URL(endpoint).host,
    chat_url: isSample ? '' : `${endpoint.replace(/\/+$/, '')}/chat/completions`,
    identifier: '',
    provider: isSample ? 'sample' : 'openai_compatible',
    is_sample: isSample,
    enabled: true,
    hue,
    key: 'absent',
    key_variable: `GATEHOUSE_KEY_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`,
    features: [],
    health: { state: 'unknown', sentence: 'Not tested yet', at: null },
    evidence: { requests: 0, errors: 0 },
  }
}

export function features(models: ModelView[]): FeatureView[] {
  const id = (name: string) => models.find((model) => model.name === name)?.id ?? null
  const unfit = models
    .filter((model) => FAMILIES.some((family) => family.family === model.family && !family.chats))
    .map((model) => ({
      model: model.id,
      reason: `${model.family_title} is made for code, not for conversation.`,
    }))
  const evidence = (requests: number, errors: number, p50: number, p95: number) =>
    models.length === 0
      ? { requests: 0, errors: 0 }
      : { requests, errors, first_token_p50_ms: p50, first_token_p95_ms: p95 }
  return [
    {
      feature: 'code_completions',
      name: 'code_completions',
      title: 'Code completion',
      summary: 'Suggests the next lines while someone types.',
      model: id('Codestral 22B'),
      unfit: [],
      evidence: evidence(31904, 71, 142, 236),
    },
    {
      feature: 'code_generations',
      name: 'code_generations',
      title: 'Code generation',
      summary: 'Writes code from a comment or an instruction.',
      model: id('Claude 3.5 Sonnet'),
      unfit: [],
      evidence: evidence(6120, 25, 740, 1420),
    },
    {
      feature: 'duo_chat',
      name: 'duo_chat',
      title: 'Duo Chat',
      summary: 'Answers questions in a conversation.',
      model: id('Mixtral 8x7B-it'),
      unfit,
      evidence: evidence(9833, 58, 1920, 4200),
    },
  ]
}
