// Carries calls and streams over the window's own channel. The only file that knows Tauri.

import { Channel, invoke } from '@tauri-apps/api/core'

import { asError, deliver, type Backend, type Envelope } from './backend'

export function tauri(): Backend {
  /** What hears each open stream, and tells whether it has ended. */
  const hearers = new Map<number, (items: Envelope[]) => boolean>()
  let last = 0
  const messages = new Channel<[number, Envelope][]>()
  messages.onmessage = (items) => {
    // What is on its way while its stream is being closed finds nobody.
    for (const [id, item] of items) if (hearers.get(id)?.([item])) hearers.delete(id)
  }
  const listening = invoke('listen', { messages })

  return {
    call: (name, ...input) => invoke('call', { name, input: input[0] ?? null }),

    chooseFiles: (title) => invoke('choose_files', { title }),

    open(name, input, onEvent, onEnd) {
      const id = ++last
      hearers.set(id, (items) => deliver(items, onEvent, onEnd))
      listening
        .then(() => hearers.has(id) && invoke('open', { id, name, input }))
        .catch((thrown: unknown) => {
          if (hearers.delete(id)) onEnd?.(asError(thrown))
        })
      return () => {
        if (hearers.delete(id)) void invoke('close', { id })
      }
    },
  }
}
