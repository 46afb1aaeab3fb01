// The providers as the back end lists them, and what an endpoint comes to.

import type { AuthChoice } from '../../api/AuthChoice'
import type { AuthKind } from '../../api/AuthKind'
import type { EndpointInput } from '../../api/EndpointInput'
import type { FamilyView } from '../../api/FamilyView'
import type { Field } from '../../api/Field'
import type { Provider } from '../../api/Provider'
import type { ProviderView } from '../../api/ProviderView'
import type { ResolvedEndpoint } from '../../api/ResolvedEndpoint'
import { asIt, note, RECORDS, variantNamed, wayOf } from './families'

const auth = (
  kind: AuthKind,
  title: string,
  key_title: string,
  fields: AuthChoice['fields'] = [],
  needs_key = true,
): AuthChoice => ({ kind, title, takes_key: key_title !== '', needs_key, key_title, fields })
const field = (name: string, title: string, is_optional = false) => ({ name, title, is_optional })
const maybeKey = [auth('key', 'API key, where the server asks for one', 'API key', [], false)]

function provider(
  name: Provider,
  title: string,
  prefix: string,
  endpoint_example: string,
  identifier_example: string,
  advice: string,
  rest: Partial<ProviderView> = {},
): ProviderView {
  return {
    provider: name,
    title,
    prefix,
    is_sample: false,
    endpoint_example,
    own_endpoint: '',
    identifier_example,
    needs_identifier: true,
    has_region: false,
    has_api_version: false,
    advice,
    auth: [auth('key', 'API key', 'API key')],
    servers: [],
    ...rest,
  }
}

// prettier-ignore
export const PROVIDERS: ProviderView[] = [
  provider('openai_compatible', 'OpenAI-compatible server', 'custom_openai/', 'http://gpu-1:8000/v1', 'custom_openai/Mixtral-8x7B-Instruct-v0.1', 'The base URL of vLLM, llama.cpp, LM Studio and their like usually ends in /v1.', {
    needs_identifier: false,
    auth: maybeKey,
    servers: [{ kind: 'vllm', title: 'vLLM' }, { kind: 'llama_cpp', title: 'llama.cpp' }, { kind: 'lm_studio', title: 'LM Studio' }, { kind: 'sglang', title: 'SGLang' }, { kind: 'tgi', title: 'Text Generation Inference' }, { kind: 'openai', title: 'OpenAI' }, { kind: 'other', title: 'Another server' }],
  }),
  provider('ollama', 'Ollama', 'ollama/', 'http://localhost:11434', 'ollama/qwen2.5-coder:7b-base', 'With or without /v1: both of Ollama’s interfaces are used.', { auth: maybeKey }),
  provider('azure', 'Azure OpenAI', 'azure/', 'https://my-resource.openai.azure.com', 'azure/gpt-4o', 'The resource, its /openai/v1 address or a whole deployment URL. The identifier is the deployment’s name.', {
    has_api_version: true,
    auth: [auth('key', 'API key', 'API key'), auth('entra', 'Microsoft Entra ID', 'Client secret', [field('tenant', 'Tenant'), field('client_id', 'Client id')]), auth('bearer', 'Bearer token', 'Token')],
  }),
  provider('bedrock', 'AWS Bedrock', 'bedrock/', 'https://vpce-….bedrock-runtime.eu-central-1.vpce.amazonaws.com', 'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'Leave the endpoint empty unless you use a private one.', {
    own_endpoint: 'https://bedrock-runtime.{region}.amazonaws.com',
    has_region: true,
    auth: [auth('aws_chain', 'Credentials of this machine', '', [field('profile', 'Profile', true)], false), auth('aws_keys', 'Access key', 'Secret access key', [field('access_key_id', 'Access key id')]), auth('key', 'Bedrock API key', 'Bedrock API key')],
  }),
  provider('anthropic', 'Anthropic', 'anthropic/', 'https://api.anthropic.com', 'anthropic/claude-sonnet-4-5', 'Leave the endpoint empty for Anthropic itself; vLLM and llama.cpp speak this API too.', {
    own_endpoint: 'https://api.anthropic.com',
    has_api_version: true,
    auth: [auth('key', 'API key', 'API key', [], false), auth('bearer', 'Bearer token', 'Token')],
  }),
  provider('mistral', 'Mistral API', 'mistral/', 'https://codestral.mistral.ai/v1', 'mistral/codestral-latest', 'Leave the endpoint empty for api.mistral.ai; codestral.mistral.ai has keys of its own.', { own_endpoint: 'https://api.mistral.ai/v1' }),
  provider('sample', 'Sample model', '', 'sample', '', 'Built in: answers without a server, and says that it is a sample.', { is_sample: true, needs_identifier: false, auth: [] }),
]

/** The provider that counts, and the identifier without its prefix. */
export function split(identifier: string, chosen: Provider): [Provider, string] {
  const found = PROVIDERS.find((one) => one.prefix !== '' && identifier.startsWith(one.prefix))
  return found ? [found.provider, identifier.slice(found.prefix.length)] : [chosen, identifier]
}

const refusal = (field: Field, message: string, hint: string) => ({
  code: 'invalid' as const,
  message,
  hint,
  field,
})

export function resolve(input: EndpointInput, families: FamilyView[]): ResolvedEndpoint {
  const endpoint = input.endpoint.trim()
  const [name, sent] = split(input.identifier.trim(), endpoint === 'sample' ? 'sample' : input.provider)
  const known = PROVIDERS.find((one) => one.provider === name)!
  const record = families.find((one) => one.record.name === input.family)?.record ?? RECORDS.at(-1)!
  const family = asIt(record, sent || input.name)
  const hasRaw = ['openai_compatible', 'ollama', 'mistral'].includes(name)
  const way = hasRaw ? wayOf(family) : 'chat'
  const answer: ResolvedEndpoint = {
    provider: name,
    provider_title: known.title,
    chat_url: '',
    completion_url: '',
    completion: way,
    completion_note: note(way, family.title),
    variant_title: variantNamed(record, sent || input.name)?.title ?? null,
    standing: family.standing,
    support: family.support,
    context: family.context,
    refuses: family.refuses,
    host: known.is_sample ? 'built in' : '',
    sent_name: sent,
    advice: null,
    suggestion: null,
    problem: null,
  }
  if (known.is_sample) return answer
  const address = endpoint || known.own_endpoint.replace('{region}', input.connection.region ?? '')
  if (address === '')
    return {
      ...answer,
      problem: refusal('endpoint', 'The endpoint is empty.', 'Give the base URL of the server.'),
    }
  if (!/^https?:\/\/[^/]/.test(address))
    return {
      ...answer,
      problem: refusal('endpoint', 'The endpoint has no scheme.', 'It starts with http:// or https://.'),
    }
  if (name === 'bedrock' && endpoint === '' && !input.connection.region)
    return {
      ...answer,
      problem: refusal(
        'region',
        'The model has no AWS region.',
        'Set it here, or set AWS_REGION for the program.',
      ),
    }
  if (new URL(address).host.endsWith('.openai.azure.com') && name !== 'azure')
    return {
      ...answer,
      problem: refusal(
        'endpoint',
        `The endpoint ${new URL(address).host} belongs to Azure OpenAI, and the provider is ${known.title}.`,
        'Choose the provider that the endpoint belongs to.',
      ),
    }
  const base = address.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
  const needsV1 = name === 'openai_compatible' && !base.endsWith('/v1')
  const model = encodeURIComponent(sent || 'IDENTIFIER')
  const chat = {
    bedrock: `${base}/model/${model}/converse`,
    anthropic: `${base}/v1/messages`,
    azure: `${base}/openai/deployments/${model}/chat/completions?api-version=2024-10-21`,
    ollama: `${base.replace(/\/v1$/, '')}/v1/chat/completions`,
  } as Partial<Record<Provider, string>>
  const chat_url = chat[name] ?? `${base}/chat/completions`
  const [missing] = Object.entries(input.connection.auth).find(([, value]) => value === '') ?? []
  return {
    ...answer,
    problem: missing
      ? refusal(
          missing as Field,
          `The ${missing.replaceAll('_', ' ')} is empty.`,
          'Change it and save again.',
        )
      : null,
    host: new URL(base).host,
    chat_url,
    completion_url:
      way === 'chat' ? chat_url : name === 'mistral' ? `${base}/fim/completions` : `${base}/completions`,
    ...(needsV1
      ? {
          advice: 'This URL does not end in /v1, as those of most servers do.',
          suggestion: { label: 'Append /v1', endpoint: `${base}/v1` },
        }
      : {}),
  }
}
