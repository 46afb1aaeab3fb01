// How completions are asked for, remembered on this machine.

const KEY = 'gatehouse-completion'
export type CompletionSettings = { isAutomatic: boolean; pause: number; budget: number }
const DEFAULTS: CompletionSettings = { isAutomatic: true, pause: 120, budget: 250 }

/** Milliseconds, within what makes sense to type against. */
export const LIMITS = { pause: [0, 5000], budget: [20, 60_000] } as const

const number = (value: unknown, [least, most]: readonly [number, number], otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value)
    ? Math.min(most, Math.max(least, Math.round(value)))
    : otherwise

/** What was remembered, with the default for whatever is missing or makes no sense. */
export function read(kept: string | null): CompletionSettings {
  let found: Record<string, unknown> = {}
  try {
    found = Object(JSON.parse(kept ?? '{}'))
  } catch {
    // What nobody can read is as good as nothing.
  }
  return {
    isAutomatic: typeof found.isAutomatic === 'boolean' ? found.isAutomatic : DEFAULTS.isAutomatic,
    pause: number(found.pause, LIMITS.pause, DEFAULTS.pause),
    budget: number(found.budget, LIMITS.budget, DEFAULTS.budget),
  }
}

export const settings = $state(read(localStorage.getItem(KEY)))

export function change(part: Partial<CompletionSettings>): void {
  Object.assign(settings, read(JSON.stringify({ ...settings, ...part })))
  localStorage.setItem(KEY, JSON.stringify(settings))
}
