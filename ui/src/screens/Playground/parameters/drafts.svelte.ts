// Texts of JSON that are not right yet. They wait here, not in the trial, and nothing is sent before they are mended.

import { SvelteMap } from 'svelte/reactivity'

import { current } from '../../../state/trial.svelte'

const wrong = new SvelteMap<string, { text: string; what: string }>()
const key = (place: string) => `${current.id} ${place}`

export const drafts = {
  /** The text at a place that is not right yet. */
  at: (place: string): string | undefined => wrong.get(key(place))?.text,
  keep(place: string, text: string, what: string) {
    wrong.set(key(place), { text, what })
  },
  drop(place: string) {
    wrong.delete(key(place))
  },
  /** What is not right in the trial that is open. */
  get first(): string | undefined {
    return [...wrong].find(([name]) => name.startsWith(`${current.id} `))?.[1].what
  },
}
