// Carries calls and streams over the window's own channel. The only file that knows Tauri.

import { Channel, invoke } from '@tauri-apps/api/core'

import { asError, deliver, type Backend, type Envelope } from './backend'

export function tauri(): Backend {
  return {
    call: (name, ...input) => invoke('call', { name, input: input[0] ?? null }),

    open(name, input, onEvent, onEnd) {
      let closed = false
      let id: number | undefined
      const events = new Channel<Envelope[]>()
      // Events that are on their way while the stream is being closed are dropped.
      events.onmessage = (items) => {
        if (!closed && deliver(items, onEvent, onEnd)) closed = true
      }
      invoke<number>('open', { name, input, events }).then(
        (opened) => {
          id = opened
          if (closed) void invoke('close', { id })
        },
        (thrown: unknown) => {
          if (closed) return
          closed = true
          onEnd?.(asError(thrown))
        },
      )
      return () => {
        if (closed) return
        closed = true
        if (id !== undefined) void invoke('close', { id })
      }
    },
  }
}
