// The deployments of the drawings: eight, one failed, one switched off, two without any key.

import type { Connection } from '../../api/Connection'
import type { FamilyView } from '../../api/FamilyView'
import type { HealthState } from '../../api/HealthState'
import type { ModelDraft } from '../../api/ModelDraft'
import type { ModelView } from '../../api/ModelView'
import type { Provider } from '../../api/Provider'
import type { SecretState } from '../../api/SecretState'
import { asIt, note, RECORDS, wayOf } from './families'
import { PROVIDERS, split } from './providers'

const DEFAULTS: Connection = { auth: { kind: 'key' }, refuses: [] }

type Sketch = {
  name: string
  family: string
  endpoint: string
  identifier: string
  hue: number
  provider?: Provider
  connection?: Connection
  price?: ModelDraft['price']
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
  { name: 'Claude 3.5 Sonnet', family: 'claude_3', endpoint: '', identifier: 'bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0', provider: 'bedrock', connection: { auth: { kind: 'aws_keys', access_key_id: 'AKIAEXAMPLE' }, region: 'eu-central-1', refuses: [] }, price: { input: 3, output: 15 }, hue: 4, key: 'stored', old: 31, first: 740, requests: 6120, errors: 25 },
  { name: 'CodeGemma 7b-it', family: 'codegemma', endpoint: 'http://localhost:11434', identifier: 'ollama/codegemma:7b-instruct', provider: 'ollama', hue: 5, old: 12, first: 121, requests: 0 },
  { name: 'Codestral 22B', family: 'codestral', endpoint: 'http://gpu-1:8000/v1', identifier: 'custom_openai/codestral-22b-v0.1', hue: 1, key: 'stored', old: 3, first: 142, requests: 31904, errors: 71 },
  { name: 'DeepSeek Coder 33B', family: 'deepseekcoder', endpoint: 'http://gpu-3:8000', identifier: 'deepseek-coder-33b-instruct', hue: 6, health: 'failed', said: 'gpu-3:8000 answers 404', old: 12, requests: 22, errors: 22 },
  { name: 'GPT-4o mini', family: 'gpt', endpoint: 'https://contoso.openai.azure.com', identifier: 'azure/gpt-4o-mini', provider: 'azure', hue: 8, key: 'environment', health: 'off' },
  { name: 'Mistral 7B-it', family: 'mistral', endpoint: 'http://localhost:1234/v1', identifier: 'mistral-7b-instruct-v0.3', hue: 7, old: 48, first: 203, requests: 311 },
  { name: 'Mixtral 8x7B-it', family: 'mixtral', endpoint: 'http://gpu-2:8000/v1', identifier: 'custom_openai/Mixtral-8x7B-Instruct-v0.1', hue: 2, key: 'stored', old: 7, first: 1920, requests: 9833, errors: 58 },
  { name: 'Qwen2.5-Coder 7B', family: 'qwen', endpoint: 'http://localhost:8080/v1', identifier: 'qwen2.5-coder-7b', hue: 3, health: 'unknown', said: 'Not tested yet' },
]

export function models(): ModelView[] {
  return SKETCHES.map((sketch, index) => build(sketch, `m${index + 1}`, RECORDS))
}

function build(sketch: Sketch, id: string, records: FamilyView['record'][]): ModelView {
  const state = sketch.health ?? 'ok'
  const chosen = sketch.endpoint === 'sample' ? 'sample' : (sketch.provider ?? 'openai_compatible')
  const [provider, sent] = split(sketch.identifier, chosen)
  const family = records.find((one) => one.name === sketch.family) ?? records.at(-1)!
  const record = asIt(family, sent || sketch.name)
  const isSample = sketch.endpoint === 'sample'
  return {
    id,
    name: sketch.name,
    family: family.name,
    family_title: family.title,
    variant_title: record.title,
    standing: record.standing,
    support: record.support,
    completion: wayOf(record),
    completion_note: note(wayOf(record), record.title),
    endpoint: sketch.endpoint,
    host: isSample ? 'built in' : sketch.endpoint === '' ? 'vendor' : new URL(sketch.endpoint).host,
    chat_url: isSample ? '' : `${sketch.endpoint.replace(/\/+$/, '')}/chat/completions`,
    identifier: sketch.identifier,
    provider,
    provider_title: PROVIDERS.find((one) => one.provider === provider)?.title ?? '',
    connection: sketch.connection ?? DEFAULTS,
    server: null,
    is_sample: isSample,
    enabled: state !== 'off',
    self_hosted: true,
    price: sketch.price ?? null,
    hue: sketch.hue,
    key: sketch.key ?? 'absent',
    key_variable: `GATEHOUSE_KEY_${sketch.name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`,
    features: [],
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

/** A model as `save_model` would register or change it. */
export function saved(
  draft: ModelDraft,
  id: string,
  hue: number,
  families: FamilyView[],
  before?: ModelView,
): ModelView {
  const records = families.map((one) => one.record)
  const built = build({ ...draft, hue, health: 'unknown', said: 'Not tested yet' }, id, records)
  const { health, evidence, key, features } = before ?? built
  const { enabled, self_hosted, price = null } = draft
  return { ...built, hue: before?.hue ?? hue, enabled, self_hosted, price, health, evidence, key, features }
}
