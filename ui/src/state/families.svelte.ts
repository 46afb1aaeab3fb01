// The model families, known to the form of a model and to their own page.

import type { FamilyView } from '../api/FamilyView'
import { backend } from '../backend'
import { resource } from './resource.svelte'

const known = resource(() => backend.call('list_families'))

export const families = {
  get all(): FamilyView[] {
    return known.value ?? []
  },
  get isKnown() {
    return known.value !== undefined
  },
  get error() {
    return known.error
  },
  refresh: known.refresh,
  set: known.set,
}

export function familyByName(name: string | undefined): FamilyView | undefined {
  return families.all.find((one) => one.record.name === name)
}

const GUESSES: [RegExp, string][] = [
  [/codestral/, 'codestral'],
  [/devstral|mistral-small/, 'devstral'],
  [/mixtral/, 'mixtral'],
  [/mistral/, 'mistral'],
  [/code-?llama/, 'codellama'],
  [/code-?gemma/, 'codegemma'],
  [/deepseek.*coder(?!-?v2)/, 'deepseekcoder'],
  [/deepseek/, 'deepseek'],
  [/claude/, 'claude_3'],
  [/gpt-?oss/, 'gpt_oss'],
  [/gpt|(^|\/)o[134](-|$)/, 'gpt'],
  [/llama-?3/, 'llama3'],
  [/qwen|qwq/, 'qwen'],
  [/starcoder|santacoder|starchat/, 'starcoder2'],
  [/gemma/, 'gemma'],
  [/granite/, 'granite'],
]

/** The family that a model's name tells. */
export function guessFamily(identifier: string): string {
  // A vendor before the last slash says less than the model's own name.
  const word = identifier.toLowerCase()
  const own = word.split('/').at(-1) ?? word
  const guess = (text: string) => GUESSES.find(([pattern]) => pattern.test(text))?.[1]
  return guess(own) ?? guess(word) ?? 'general'
}
