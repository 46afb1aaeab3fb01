// Where JSON is no JSON Schema, in words. Only the keywords that servers of models read; others are left alone.

import { placeOfValue, type JsonProblem } from '../../parts/editor/json'
import { parameters } from '../../text/parameters'

const words = parameters.schemaWrong
/** What is wrong with a value below a keyword, or what is to be read inside it. */
type Rule = (value: unknown, keyword: string) => string | Part[]
type Part = { key: string; value: unknown; rule: Rule }
type Step = Part & { from?: Step }

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFilled = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > 0
const isText = (value: unknown) => typeof value === 'string'

/** Every entry of a list or an object, by one rule. */
const each = (value: object, rule: Rule): Part[] =>
  Object.entries(value).map(([key, inner]) => ({ key, value: inner, rule }))

/** A value that is read no further. */
const only =
  (isGood: (value: unknown) => boolean, wrong: (keyword: string) => string): Rule =>
  (value, keyword) =>
    isGood(value) ? [] : wrong(keyword)

const oneType: Rule = (value) => {
  if (!isText(value)) return words.type
  return TYPES.includes(value) ? [] : words.noType(value)
}
const type: Rule = (value) => {
  if (Array.isArray(value)) return isFilled(value) ? each(value, oneType) : words.type
  return oneType(value, 'type')
}

/** Servers in Python know these two, JavaScript does not. */
const withoutPython = (pattern: string) => pattern.replace(/^\(\?[aimsux]+\)/, '').replaceAll('(?P<', '(?<')
const pattern: Rule = (value) => {
  if (typeof value !== 'string') return words.pattern
  try {
    new RegExp(withoutPython(value))
    return []
  } catch {
    return words.noPattern(value)
  }
}

const schema: Rule = (value) => {
  if (typeof value === 'boolean') return []
  return isObject(value) ? keywords(value) : words.schema
}
const schemas: Rule = (value, keyword) => (isObject(value) ? each(value, schema) : words.schemas(keyword))
const list: Rule = (value, keyword) => (isFilled(value) ? each(value, schema) : words.list(keyword))
/** Older schemas have a list here, with a schema for each place. */
const items: Rule = (value, keyword) => (Array.isArray(value) ? each(value, schema) : schema(value, keyword))
const required: Rule = (value) =>
  Array.isArray(value)
    ? each(
        value,
        only(isText, () => words.required),
      )
    : words.required
const whole = only((value) => Number.isInteger(value) && Number(value) >= 0, words.whole)
const number = only((value) => typeof value === 'number', words.number)

const RULES = new Map<string, Rule>([
  ['type', type],
  ['enum', only(isFilled, () => words.enum)],
  ['required', required],
  ['pattern', pattern],
  ['items', items],
  ...['properties', '$defs', 'definitions', 'patternProperties'].map((key) => [key, schemas] as const),
  ...['additionalProperties', 'not'].map((key) => [key, schema] as const),
  ...['anyOf', 'oneOf', 'allOf', 'prefixItems'].map((key) => [key, list] as const),
  ...['minLength', 'maxLength', 'minItems', 'maxItems'].map((key) => [key, whole] as const),
  ...['minimum', 'maximum'].map((key) => [key, number] as const),
])

function keywords(value: object): Part[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const rule = RULES.get(key)
    return rule ? [{ key, value: inner, rule }] : []
  })
}

/** Both the answer and the arguments of a tool are sent as an object only. */
const root: Rule = (value) => (isObject(value) ? keywords(value) : parameters.schemaNoObject)

function pathTo(step: Step): string[] {
  const path: string[] = []
  for (let one = step; one.from; one = one.from) path.unshift(one.key)
  return path
}

/** What keeps JSON from being a schema, the first in the text; nothing when it is one. */
export function schemaProblem(text: string): JsonProblem | undefined {
  // Depth costs a list entry, not a call.
  const left: Step[] = [{ key: '', value: JSON.parse(text), rule: root }]
  for (let step = left.pop(); step; step = left.pop()) {
    const from = step
    const found = from.rule(from.value, from.key)
    if (typeof found === 'string')
      return { ...placeOfValue(text, pathTo(from)), message: found, isShort: false }
    for (const part of found.reverse()) left.push({ ...part, from })
  }
  return undefined
}
