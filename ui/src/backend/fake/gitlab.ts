// GitLab as the back end made of memory knows it: an instance that works, one that fails, and none.

import type { Api } from '../../api/Api'
import type { Error as ApiError } from '../../api/Error'
import type { GitlabView } from '../../api/GitlabView'

type Table = {
  [Name in 'gitlab' | 'save_gitlab_settings' | 'check_gitlab']: (input: Api[Name][0]) => Api[Name][1]
}

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const USER = '3f9a61c07d5e4b8fa2d1c0937be1f6d4c58a0b2e7d9f13a6'

function working(): GitlabView {
  return {
    settings: {
      url: 'https://gitlab.example.com',
      customers_portal: null,
      open_on_loopback: false,
      accept_named_models: false,
      documentation: '/srv/gitlab/doc',
    },
    overrides: [],
    providers: [
      {
        name: 'GitLab',
        url: 'https://gitlab.example.com',
        keys: ['cVLfKLwqS1mGmZlT3Ld4nGrVmXk', 'k2hTRq0bN3wEwqYzJp7uLs9dVaI'],
        loaded_at: ago(42),
        failure: null,
        failed_at: null,
        is_asking: false,
      },
    ],
    seen: [
      {
        instance_id: 'ea8bf810-1d6f-4a6a-b4fd-93e8cbd8b57f',
        host_name: 'gitlab.example.com',
        version: '18.9.1',
        user: USER,
        accepted: 'user',
        scopes: ['complete_code', 'generate_code'],
        last_at: ago(0.2),
        refused_at: null,
        refusal: null,
      },
      {
        instance_id: 'ea8bf810-1d6f-4a6a-b4fd-93e8cbd8b57f',
        host_name: 'gitlab.example.com',
        version: '18.9.1',
        user: 'b71e03aa94cf',
        accepted: 'instance',
        scopes: [
          'duo_chat',
          'documentation_search',
          'explain_code',
          'write_tests',
          'refactor_code',
          'fix_code',
        ],
        last_at: ago(3),
        refused_at: ago(60 * 5),
        refusal: 'The token does not allow review_merge_request: it allows duo_chat, explain_code.',
      },
      {
        instance_id: '1d0c7f1e-8a60-4c2b-9b3a-5a1f6f2f0b11',
        host_name: 'staging.example.com',
        version: '17.6.4',
        user: '',
        accepted: null,
        scopes: [],
        last_at: ago(9),
        refused_at: ago(9),
        refusal:
          'The token was issued by https://staging.example.com, but Gatehouse accepts tokens of https://gitlab.example.com.',
      },
    ],
    user_tokens: 'keyring',
    documentation: { kind: 'ready', pages: 2261, sections: 18_734 },
    last_refusal: {
      at: ago(9),
      reason:
        'The token was issued by https://staging.example.com, but Gatehouse accepts tokens of https://gitlab.example.com.',
      correlation_id: '01JD9ZBQ0000000000000000',
    },
    gateway_url: 'http://127.0.0.1:5052',
  }
}

function viewFor(state: string): GitlabView {
  const view = working()
  if (state === 'empty')
    return {
      settings: { ...view.settings, url: null, documentation: null },
      overrides: [],
      providers: [],
      seen: [],
      user_tokens: 'none',
      documentation: { kind: 'none' },
      last_refusal: null,
      gateway_url: null,
    }
  if (state === 'stopped') return { ...view, gateway_url: null, seen: [] }
  if (state === 'failed')
    return {
      ...view,
      gateway_url: null,
      settings: { ...view.settings, customers_portal: 'https://customers.gitlab.com' },
      providers: view.providers.flatMap((one) => [
        { ...one, failure: 'cannot reach gitlab.example.com: connection refused', failed_at: ago(1) },
        {
          ...one,
          name: 'Customers portal',
          url: 'https://customers.gitlab.com',
          keys: [],
          loaded_at: null,
          failure: 'customers.gitlab.com did not give its keys within 10 seconds',
          failed_at: ago(2),
        },
      ]),
      user_tokens: 'memory',
      documentation: { kind: 'failed', problem: 'The folder /srv/gitlab/doc holds no Markdown file.' },
    }
  if (state === 'notices')
    return {
      ...view,
      settings: { ...view.settings, open_on_loopback: true },
      overrides: [
        { variable: 'AIGW_GITLAB_URL', setting: 'gitlab.url' },
        { variable: 'AIGW_AUTH__BYPASS_EXTERNAL', setting: 'gitlab.open_on_loopback' },
        { variable: 'AIGW_FASTAPI__API_HOST', setting: 'gateway.listen' },
        { variable: 'AIGW_SELF_SIGNED_JWT__SIGNING_KEY', setting: 'gitlab.user_tokens' },
        { variable: 'CLOUD_CONNECTOR_SERVICE_NAME', setting: 'gitlab.service_name' },
        {
          variable: 'AIGW_CUSTOM_MODELS__EXTRA_HEADERS',
          setting: 'gitlab.model_calls',
          value: 'x-team, x-tenant',
        },
        {
          variable: 'AIGW_DUO_CHAT__MODEL_REQUEST_TIMEOUT',
          setting: 'gateway.first_byte_timeout',
          value: '120 s',
        },
        { variable: 'AIGW_DUO_CHAT__MAX_TOKENS', setting: 'prompts.max_tokens', value: '2048' },
      ],
      user_tokens: 'environment',
      documentation: { kind: 'reading' },
      gateway_url: 'http://0.0.0.0:5052',
    }
  return view
}

/** `onopen` hears whether GitLab's paths ask for no token. */
export function gitlab(state: string, onopen: (isOpen: boolean) => void): Table {
  let view = viewFor(state)
  const refusal = (message: string, hint: string, field: ApiError['field']): ApiError => ({
    code: 'invalid',
    message,
    hint,
    field: field ?? null,
  })
  return {
    gitlab: () => view,
    check_gitlab: () => {
      const now = new Date().toISOString()
      const settled = view.providers.map((one) => (one.failure ? one : { ...one, loaded_at: now }))
      return (view = { ...view, providers: settled })
    },
    save_gitlab_settings: (draft) => {
      const text = (typed: string) => (typed.trim() === '' ? null : typed.trim())
      if (draft.url !== '' && !/^https?:\/\//.test(draft.url))
        throw refusal(
          'The GitLab URL is no address such as https://gitlab.example.com.',
          'Change the value and save again.',
          'url',
        )
      if (draft.documentation !== '' && !draft.documentation.startsWith('/'))
        throw refusal(
          'The documentation folder is not named in full, from the root on.',
          'Change the value and save again.',
          'documentation',
        )
      const url = text(draft.url)
      const [one] = working().providers
      view = {
        ...view,
        settings: {
          ...draft,
          url,
          customers_portal: text(draft.customers_portal),
          documentation: text(draft.documentation),
        },
        providers: url && one ? [{ ...one, url, loaded_at: new Date().toISOString() }] : [],
      }
      onopen(draft.open_on_loopback)
      return view
    },
  }
}
