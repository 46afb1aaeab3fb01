// What the query bar shows as chips, and what it offers while a term is typed.

import { clockTime } from '../../text/format'
import { keyOf, termsOf } from './query'

/** A query as the bar shows it: finished terms with a key, and the text behind them. */
export type Parts = { chips: string[]; rest: string }

const positive = (term: string) => term.replace(/^-/, '')
const isChip = (term: string) => keyOf(positive(term)) !== undefined && !term.endsWith(':')

export function partsOf(query: string): Parts {
  const terms = termsOf(query)
  return { chips: terms.filter(isChip), rest: terms.filter((term) => !isChip(term)).join(' ') }
}

export const joined = ({ chips, rest }: Parts): string => [...chips, rest.trim()].filter(Boolean).join(' ')

/** The parts of a chip, for reading. */
export function chipOf(term: string): { isNegated: boolean; key: string; value: string } {
  const isNegated = term.startsWith('-')
  const key = keyOf(positive(term)) ?? ''
  return { isNegated, key, value: term.slice((isNegated ? 1 : 0) + key.length + 1) }
}

/** The value of a chip as it is read at a glance: a moment by the reader's clock, and no quotes. */
export function valueShown({ key, value }: { key: string; value: string }, now: number): string {
  const bare = value.replace(/^"|"$/g, '')
  const isMoment = (key === 'since' || key === 'until') && /^\d{4}-\d{2}-\d{2}T/.test(bare)
  return isMoment && !Number.isNaN(Date.parse(bare)) ? clockTime(bare, now) : bare
}

/** Values by key; a key without values takes any. */
export type Values = Record<string, readonly string[]>

/** More are not read. */
const OFFERED = 8

const asValue = (value: string) =>
  /^[^\s"*-][^\s"*]*$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`

/** The term at the end, where it is not ended yet. */
const lastOf = (text: string) => (/\s$/.test(text) ? '' : (termsOf(text).at(-1) ?? ''))

/** What the last term of a text may become: keys with a colon, or whole terms. */
export function offersFor(text: string, values: Values): string[] {
  const last = lastOf(text)
  if (last === '') return []
  const [minus, bare] = last.startsWith('-') ? ['-', last.slice(1)] : ['', last]
  const colon = bare.indexOf(':')
  if (colon < 0) {
    const keys = Object.keys(values).filter((key) => key.startsWith(bare.toLowerCase()) && bare !== '')
    return keys.map((key) => `${minus}${key}:`)
  }
  const key = bare.slice(0, colon).toLowerCase()
  const begun = bare
    .slice(colon + 1)
    .replace(/^"/, '')
    .toLowerCase()
  const fitting = (values[key] ?? []).filter((value) => value.toLowerCase().startsWith(begun))
  const terms = fitting.map((value) => `${minus}${key}:${asValue(value)}`)
  return terms.filter((term) => term !== last).slice(0, OFFERED)
}

/** The text without its last term while that is only begun: more of it is offered, or its value is to come. */
export function wholeOf(text: string, values: Values): string {
  const last = lastOf(text)
  const isBegun = offersFor(text, values).length > 0 || /^-?[a-z]+:$/i.test(last)
  return isBegun ? text.slice(0, text.length - last.length) : text
}

/** The text with its last term replaced. */
export function accept(text: string, offer: string): string {
  const last = lastOf(text)
  return text.slice(0, text.length - last.length) + offer
}
