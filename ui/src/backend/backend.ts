// What every face of the back end offers the screens: one question and answer, or one stream of events.

import type { Api } from '../api/Api'
import type { Error as ApiError } from '../api/Error'
import type { Streams } from '../api/Streams'

export type { ApiError }

type Input<Value> = Value extends null ? [] : [Value]

export type Call = <Name extends keyof Api>(
  name: Name,
  ...input: Input<Api[Name][0]>
) => Promise<Api[Name][1]>

/** Opens a stream and returns the function that closes it. `onEnd` hears a failure, or nothing at a calm end. */
export type Open = <Name extends keyof Streams>(
  name: Name,
  input: Streams[Name][0],
  onEvent: (event: Streams[Name][1]) => void,
  onEnd?: (error: ApiError | null) => void,
) => () => void

export type Backend = {
  call: Call
  open: Open
  /** Asks for files of this machine in the way of the system, and gives their paths. Only a window can. */
  chooseFiles?: (title: string) => Promise<string[]>
}

/** One item of a message: an event, or the end of the stream. */
export type Envelope = { event: unknown } | { end: ApiError | null }

/** Hands the items of one message on and tells whether the stream has ended. */
export function deliver(
  items: Envelope[],
  onEvent: (event: never) => void,
  onEnd?: (error: ApiError | null) => void,
): boolean {
  for (const item of items) {
    if ('end' in item) {
      onEnd?.(item.end)
      return true
    }
    onEvent(item.event as never)
  }
  return false
}

/** Whatever was thrown, as an error in words for people. */
export function asError(thrown: unknown): ApiError {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'code' in thrown) {
    return thrown as ApiError
  }
  const details = thrown instanceof Error ? thrown.message : String(thrown)
  return {
    code: 'failed',
    message: 'Gatehouse did not answer.',
    hint: 'Try again. If it stays so, restart Gatehouse.',
    details,
  }
}
