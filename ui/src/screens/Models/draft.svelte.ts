// One form: what is typed about a model, and what is wrong with it. The key lives beside it, never in it.

import type { Auth } from '../../api/Auth'
import type { AuthChoice } from '../../api/AuthChoice'
import type { AuthKind } from '../../api/AuthKind'
import type { Field } from '../../api/Field'
import type { ModelDraft } from '../../api/ModelDraft'
import type { ModelView } from '../../api/ModelView'
import type { Provider } from '../../api/Provider'
import { asError, backend, type ApiError } from '../../backend'
import { providerOf } from '../../state/providers.svelte'
import { draftOf } from '../../state/tests.svelte'
import { tell } from '../../state/toasts.svelte'
import { refresh, world } from '../../state/world.svelte'
import { form as words } from '../../text/models'

export type KeyChange = 'keep' | 'set' | 'remove'

export type Form = {
  draft: ModelDraft
  /** Numbers stay text until they are saved. */
  atOnce: string
  context: string
  /** In US dollars for a million tokens of prompts, and of answers. */
  priceIn: string
  priceOut: string
  key: string
  keyChange: KeyChange
  /** The provider that a prefix of the identifier has switched to. */
  switched: Provider | undefined
  /** Whether faults are shown: not before someone tried to save. */
  isTried: boolean
  /** What it began with. */
  before: string
  /** Whether someone chose the name and the family, so that the identifier no longer tells them. */
  isNamed: boolean
  isFamilyChosen: boolean
  /** What was refused, and the draft that it was about. */
  refused: { error: ApiError; draft: string } | undefined
}

/** What is wrong, at the field that it is about. */
export type Wrong = Partial<Record<Field, string>>

/** The names of kept forms. */
export const NEW_MODEL = 'model'
export const idOf = (model: ModelView) => `model ${model.id}`

export const blank = (name = '', endpoint = ''): ModelDraft => ({
  name,
  family: 'general',
  endpoint,
  identifier: '',
  provider: endpoint === 'sample' ? 'sample' : 'openai_compatible',
  connection: { auth: { kind: 'key' }, refuses: [] },
  enabled: true,
  self_hosted: true,
  price: null,
})

const around = (draft: ModelDraft, keyChange: KeyChange): Form => ({
  draft,
  before: '',
  atOnce: String(draft.connection.max_concurrent ?? ''),
  context: String(draft.connection.context ?? ''),
  priceIn: String(draft.price?.input ?? ''),
  priceOut: String(draft.price?.output ?? ''),
  key: '',
  keyChange,
  switched: undefined,
  isTried: false,
  isNamed: false,
  isFamilyChosen: false,
  refused: undefined,
})

const begun = (form: Form): Form => ({ ...form, before: JSON.stringify(entered(form)) })

export const emptyForm = (): Form => begun(around(blank(), 'set'))

/** A form for a saved model. The key starts empty: no secret is ever filled in. */
export const formOf = (model: ModelView): Form =>
  begun(around($state.snapshot(draftOf(model)) as ModelDraft, model.key === 'absent' ? 'set' : 'keep'))

const asNumber = (typed: string) => Number(typed.replace(',', '.'))
const numberOf = (typed: string): number | null => (typed.trim() === '' ? null : Number(typed))
const orNull = (typed: string | null | undefined): string | null => typed?.trim() || null

/** The draft as it would be saved: empty texts are no texts. */
export function entered({ draft: typed, atOnce, context, priceIn, priceOut }: Form): ModelDraft {
  const draft = $state.snapshot(typed) as ModelDraft
  const { connection } = draft
  const auth: Auth =
    connection.auth.kind === 'aws_chain'
      ? { kind: 'aws_chain', profile: orNull(connection.auth.profile) }
      : connection.auth
  return {
    ...draft,
    name: draft.name.trim(),
    price:
      priceIn.trim() + priceOut.trim() === ''
        ? null
        : { input: asNumber(priceIn), output: asNumber(priceOut) },
    connection: {
      ...connection,
      auth,
      server: connection.server ?? null,
      region: orNull(connection.region),
      api_version: orNull(connection.api_version),
      max_concurrent: numberOf(atOnce),
      context: numberOf(context),
    },
  }
}

export function authOf(kind: AuthKind): Auth {
  switch (kind) {
    case 'entra':
      return { kind, tenant: '', client_id: '' }
    case 'aws_keys':
      return { kind, access_key_id: '' }
    default:
      return { kind }
  }
}

/** The way to prove who it is, as the provider names it. */
export function accessOf({ draft }: Form): AuthChoice | undefined {
  const choices = providerOf(draft.provider)?.auth ?? []
  return choices.find((choice) => choice.kind === draft.connection.auth.kind) ?? choices[0]
}

/** Another provider: what the last one asked for does not go along, and neither does its prefix. */
export function chooseProvider(form: Form, next: Provider, sentName: string): void {
  const record = providerOf(next)
  const { draft } = form
  if (draft.endpoint === 'sample') draft.endpoint = ''
  if (record?.is_sample) draft.endpoint = 'sample'
  if (draft.identifier.trim() !== sentName && sentName !== '')
    draft.identifier = `${record?.prefix ?? ''}${sentName}`
  setProvider(form, next)
  form.switched = undefined
}

export function setProvider({ draft }: Form, next: Provider): void {
  const record = providerOf(next)
  draft.provider = next
  const kind = draft.connection.auth.kind
  const [usual] = record?.auth ?? []
  if (!record?.auth.some((choice) => choice.kind === kind) || (kind === 'key' && usual?.kind !== 'key'))
    draft.connection.auth = authOf(usual?.kind ?? 'key')
  if (!record?.has_region) draft.connection.region = null
  if (!record?.has_api_version) draft.connection.api_version = null
  if (record?.servers.length === 0) draft.connection.server = null
}

/** Keeps a refusal with the form, until the form is changed. */
export function refuse(form: Form, thrown: unknown): void {
  form.refused = { error: asError(thrown), draft: JSON.stringify(entered(form)) }
}

export function refusalOf(form: Form): ApiError | undefined {
  return form.refused?.draft === JSON.stringify(entered(form)) ? form.refused.error : undefined
}

const isWithin = (typed: string, from: number, to: number) => {
  const value = Number(typed)
  return typed.trim() === '' || (Number.isInteger(value) && value >= from && value <= to)
}

const isPrice = (typed: string) => typed.trim() !== '' && asNumber(typed) >= 0 && asNumber(typed) <= 1_000_000

/** A whole deployment URL of Azure names its model. */
const namesDeployment = ({ provider, endpoint }: ModelDraft) =>
  provider === 'azure' && /\/openai\/deployments\/[\w.-]+/.test(endpoint)

export function faults(form: Form): Wrong {
  const { draft } = form
  const found: Wrong = {}
  const name = draft.name.trim()
  const provider = providerOf(draft.provider)
  if (name === '') found.name = words.nameEmpty
  else if (world.models.some((model) => model.name === name && model.id !== draft.id))
    found.name = words.nameTaken
  if (draft.endpoint.trim() === '' && !provider?.own_endpoint) found.endpoint = words.endpointEmpty
  const isNameless = provider?.needs_identifier && draft.identifier.trim() === ''
  if (isNameless && !namesDeployment(draft)) found.identifier = words.identifierNeeded
  const auth = draft.connection.auth as Record<string, unknown>
  for (const field of accessOf(form)?.fields ?? [])
    if (!field.is_optional && String(auth[field.name] ?? '').trim() === '')
      found[field.name as Field] = words.fieldEmpty(field.title.toLowerCase())
  if (!isWithin(form.atOnce, 1, 10_000)) found.max_concurrent = words.atOnceFault
  if (!isWithin(form.context, 256, 20_000_000)) found.context = words.contextFault
  const prices = [form.priceIn, form.priceOut]
  if (prices.some((typed) => typed.trim() !== '') && !prices.every(isPrice)) found.price = words.priceFault
  return found
}

const plain = (draft: ModelDraft) => JSON.stringify(entered(around(draft, 'keep')))

/** Whether anything was typed into it. */
export const isBegun = (form: Form) =>
  form.keyChange === 'remove' || form.key !== '' || JSON.stringify(entered(form)) !== form.before

export function isChanged(form: Form, model: ModelView): boolean {
  const isSame = plain(entered(form)) === plain(draftOf(model))
  return !isSame || form.keyChange === 'remove' || form.key !== ''
}

/** Saves the model, then its key: a key belongs to the host that the model then has. */
export async function save(form: Form): Promise<ModelView> {
  const saved = await backend.call('save_model', entered(form))
  const isAsked = accessOf(form)?.takes_key ?? false
  const isSet = form.keyChange === 'set' && form.key !== '' && isAsked
  if (form.keyChange === 'remove' || isSet) {
    const key = form.keyChange === 'remove' ? '' : form.key
    try {
      await backend.call('set_key', { id: saved.id, key })
    } catch (thrown) {
      const { message, hint } = asError(thrown)
      tell({ kind: 'failed', what: words.keyNotStored, why: `${message} ${hint}` })
    }
  }
  await refresh()
  return saved
}
