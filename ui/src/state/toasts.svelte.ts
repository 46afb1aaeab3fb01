// Short answers to what was just done. A toast leaves by itself; a failure stays until it is read, or until the view
// that it is about is left.

import { asError, type ApiError } from '../backend'
import { route, type Screen } from './router.svelte'

export type Toast = {
  id: number
  kind: 'done' | 'note' | 'failed'
  what: string
  why?: string
  act?: { label: string; run: () => void }
  /** Where it was told. */
  place: Place
}
type Place = { screen: Screen; tab: string | undefined }

/** The tab of a screen is the first part of its path. A trial of the playground is no tab: it gets its address while
    nobody moves. */
const here = (): Place => ({
  screen: route.screen,
  tab: route.screen === 'playground' ? undefined : route.path[0],
})

let shown = $state.raw<Toast[]>([])
let last = 0

export const toasts = {
  get shown() {
    return shown
  },
}

export function dismiss(id: number): void {
  shown = shown.filter((toast) => toast.id !== id)
}

/** Lets the failures go that are about another view than the one that is looked at. */
export function leave(): void {
  const { screen, tab } = here()
  const isHere = ({ place }: Toast) => place.screen === screen && place.tab === tab
  if (!shown.every(isHere)) shown = shown.filter((toast) => toast.kind !== 'failed' || isHere(toast))
}

const PATIENCE = { done: 8000, note: 12_000, failed: 0 }

export function tell(toast: Omit<Toast, 'id' | 'place'>, patience = PATIENCE[toast.kind]): void {
  const id = ++last
  shown = [...shown.slice(-2), { ...toast, id, place: here() }]
  if (patience > 0) setTimeout(() => dismiss(id), patience)
}

export function tellProblem(thrown: unknown): ApiError {
  const error = asError(thrown)
  tell({ kind: 'failed', what: error.message, why: error.hint })
  return error
}
