// Changes terms of a query without touching the others, however they are written.

/** A term begins after a space; quotes hold spaces together. */
const TERM = /(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g

export function termsOf(query: string): string[] {
  return query.match(TERM) ?? []
}

/** The key of a term that is not negated. */
export const keyOf = (term: string): string | undefined => /^([a-z]+):/i.exec(term)?.[1]?.toLowerCase()

/** The value of the last term with this key. */
export function valueOf(query: string, key: string): string | undefined {
  const term = termsOf(query).findLast((one) => keyOf(one) === key)
  return term?.slice(key.length + 1).replace(/^"|"$/g, '')
}

/** The query with each of these keys set once, or left out where its value is nothing. */
export function withTerms(query: string, values: Record<string, string | undefined>): string {
  const kept = termsOf(query).filter((term) => !((keyOf(term) ?? '') in values))
  const added = Object.entries(values).flatMap(([key, value]) => (value ? [`${key}:${value}`] : []))
  return [...kept, ...added].join(' ')
}

/** A value in quotes, in which nothing ends it. */
export const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The moment that a term such as `since:10m`, `since:10:30` or a date names; nothing when it is none. */
export function momentOf(value: string | undefined, now: number): number | undefined {
  if (!value) return undefined
  const length = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value)
  if (length) return now - Number(length[1]) * (UNITS[length[2] ?? ''] ?? 0)
  const today = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(value)
  if (today) return new Date(now).setHours(Number(today[1]), Number(today[2]), Number(today[3] ?? 0), 0)
  // A day alone is one of the reader's zone.
  const at = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00` : value)
  return Number.isNaN(at) ? undefined : at
}
