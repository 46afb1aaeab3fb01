// One form: what is typed about a model, and what is wrong with it. The key lives beside it, never in it.

import type { ModelDraft } from '../../api/ModelDraft'
import type { ModelView } from '../../api/ModelView'
import { backend } from '../../backend'
import { tell } from '../../state/toasts.svelte'
import { asError } from '../../backend'
import { draftOf } from '../../state/tests.svelte'
import { refresh, world } from '../../state/world.svelte'
import { form } from '../../text/models'

export type KeyChange = 'keep' | 'set' | 'remove'

export type Form = {
  draft: ModelDraft
  key: string
  keyChange: KeyChange
  /** Whether faults are shown: not before someone tried to save. */
  isTried: boolean
}

export const emptyForm = (): Form => ({
  draft: { name: '', family: 'general', endpoint: '', identifier: '', enabled: true },
  key: '',
  keyChange: 'set',
  isTried: false,
})

/** A form for a saved model. The key starts empty: no secret is ever filled in. */
export const formOf = (model: ModelView): Form => ({
  draft: draftOf(model),
  key: '',
  keyChange: model.key === 'absent' ? 'set' : 'keep',
  isTried: false,
})

export type Faults = { name?: string; endpoint?: string }

export function faults({ draft }: Form): Faults {
  const found: Faults = {}
  const name = draft.name.trim()
  if (name === '') found.name = form.nameEmpty
  else if (world.models.some((model) => model.name === name && model.id !== draft.id))
    found.name = form.nameTaken
  if (draft.endpoint.trim() === '') found.endpoint = form.endpointEmpty
  return found
}

export function isChanged(entered: Form, model: ModelView): boolean {
  const before = draftOf(model)
  const { name, family, endpoint, identifier } = entered.draft
  const isSame =
    name === before.name &&
    family === before.family &&
    endpoint === before.endpoint &&
    identifier === before.identifier
  return !isSame || entered.keyChange === 'remove' || entered.key !== ''
}

/** Saves the model, then its key: a key belongs to the host that the model then has. */
export async function save(entered: Form): Promise<ModelView> {
  const saved = await backend.call('save_model', { ...entered.draft, name: entered.draft.name.trim() })
  const changesKey = entered.keyChange === 'remove' || (entered.keyChange === 'set' && entered.key !== '')
  if (changesKey) {
    const key = entered.keyChange === 'remove' ? '' : entered.key
    try {
      await backend.call('set_key', { id: saved.id, key })
    } catch (thrown) {
      const { message, hint } = asError(thrown)
      tell({ kind: 'failed', what: form.keyNotStored, why: `${message} ${hint}` })
    }
  }
  await refresh()
  return saved
}

const FAMILY_WORDS: [RegExp, string][] = [
  [/codestral/, 'codestral'],
  [/mixtral/, 'mixtral'],
  [/mistral/, 'mistral'],
  [/code-?llama/, 'codellama'],
  [/code-?gemma/, 'codegemma'],
  [/deepseek.*coder/, 'deepseekcoder'],
  [/claude/, 'claude_3'],
  [/gpt/, 'gpt'],
  [/llama-?3/, 'llama3'],
]

/** The family that a model's name tells. */
export function guessFamily(identifier: string): string {
  const word = identifier.toLowerCase()
  return FAMILY_WORDS.find(([pattern]) => pattern.test(word))?.[1] ?? 'general'
}
