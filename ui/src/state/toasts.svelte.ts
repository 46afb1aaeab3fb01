// Short answers to what was just done. A toast leaves by itself; a failure stays until it is read.

import { asError, type ApiError } from '../backend'

export type Toast = {
  id: number
  kind: 'done' | 'failed'
  what: string
  why?: string
  act?: { label: string; run: () => void }
}

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

export function tell(toast: Omit<Toast, 'id'>, patience = toast.kind === 'done' ? 8000 : 0): void {
  const id = ++last
  shown = [...shown.slice(-2), { ...toast, id }]
  if (patience > 0) setTimeout(() => dismiss(id), patience)
}

export function tellProblem(thrown: unknown): ApiError {
  const error = asError(thrown)
  tell({ kind: 'failed', what: error.message, why: error.hint })
  return error
}
