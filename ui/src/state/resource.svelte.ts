// A value that is asked for, with its loading state, its error and a way to ask again.

import { untrack } from 'svelte'

import { asError, type ApiError } from '../backend'

export type Resource<Value> = {
  readonly value: Value | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  refresh: () => Promise<void>
  set: (value: Value) => void
}

export function resource<Value>(ask: () => Promise<Value>): Resource<Value> {
  let value = $state.raw<Value>()
  let error = $state.raw<ApiError>()
  let loading = $state(false)
  // Plain numbers: an effect that refreshes must not depend on them.
  let asked = 0
  let answered = 0
  return {
    get value() {
      return value
    },
    get error() {
      return error
    },
    get loading() {
      return loading
    },
    async refresh() {
      const turn = ++asked
      loading = true
      try {
        const answer = await untrack(ask)
        // A slow answer never overwrites a newer one.
        if (turn < answered) return
        // What is the same is not shown anew: lists are asked for all the time, and whole screens hang on them.
        if (JSON.stringify(answer) !== JSON.stringify(value)) value = answer
        error = undefined
      } catch (thrown) {
        if (turn >= answered) error = asError(thrown)
      } finally {
        answered = Math.max(answered, turn)
        loading = asked > answered
      }
    },
    set(other) {
      answered = ++asked
      loading = false
      value = other
      error = undefined
    },
  }
}
