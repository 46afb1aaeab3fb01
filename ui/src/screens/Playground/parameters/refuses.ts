// Which parameters a model does not take, and who says so.

import type { Parameter } from '../../../api/Parameter'
import type { PromptParameters } from '../../../api/PromptParameters'
import type { Provider } from '../../../api/Provider'
import { familyByName } from '../../../state/families.svelte'
import { parameters as words } from '../../../text/parameters'
import { answering } from '../choices'

export type Name = keyof PromptParameters

/** The names that families and connections have for them; the rest is refused by nobody's record. */
const RECORDED: Partial<Record<Name | 'images', Parameter>> = {
  temperature: 'temperature',
  top_p: 'top_p',
  max_tokens: 'max_tokens',
  stop: 'stop',
  schema: 'json_schema',
  tools: 'tools',
  images: 'images',
}
/** The APIs of these have no such fields. */
const WITHOUT: Partial<Record<Provider, Name[]>> = {
  anthropic: ['seed', 'frequency_penalty', 'presence_penalty'],
  bedrock: ['seed', 'frequency_penalty', 'presence_penalty'],
}

/** Why the model behind a name does not take a parameter; nothing when it does, or when nobody knows. */
export function refusal(name: string, parameter: Name | 'images'): string | undefined {
  const model = answering(name)
  if (!model) return undefined
  const recorded = RECORDED[parameter]
  if (recorded && model.connection.refuses.includes(recorded)) return words.refusedByModel
  const family = familyByName(model.family)?.record
  const variant = family?.variants.find((one) => one.title === model.variant_title)
  const refuses = variant?.refuses ?? family?.refuses ?? []
  if (recorded && refuses.includes(recorded)) return words.refusedByFamily(model.variant_title)
  const lacks = parameter !== 'images' && WITHOUT[model.provider]?.includes(parameter)
  return lacks ? words.refusedByProvider(model.provider_title) : undefined
}
