// What can be done to the gateway from anywhere: the palette, Overview and its own screen.

import { backend } from '../backend'
import { tellProblem } from './toasts.svelte'
import { setStatus, world } from './world.svelte'

let busy = $state(false)

export const gateway = {
  get state() {
    return world.status?.gateway ?? { state: 'stopped' as const }
  },
  /** Whether an order was given and not yet carried out. */
  get isBusy() {
    return busy
  },
}

async function order(work: () => Promise<void>): Promise<void> {
  if (busy) return
  busy = true
  try {
    await work()
  } catch (thrown) {
    // The state itself says why a start failed; anything else is told.
    if (gateway.state.state !== 'failed') tellProblem(thrown)
  } finally {
    busy = false
  }
}

export const start = () => order(async () => setStatus(await backend.call('start_gateway')))
export const stop = () => order(async () => setStatus(await backend.call('stop_gateway')))
export const restart = () =>
  order(async () => {
    setStatus(await backend.call('stop_gateway'))
    setStatus(await backend.call('start_gateway'))
  })

/** Saves another port and starts there. */
export const startOn = (port: number) =>
  order(async () => {
    const settings = await backend.call('gateway_settings')
    const listen = withPort(settings.listen, port)
    setStatus(await backend.call('save_gateway_settings', { ...settings, listen }))
    if (gateway.state.state !== 'running') setStatus(await backend.call('start_gateway'))
  })

export function portOf(listen: string): number {
  return Number(listen.slice(listen.lastIndexOf(':') + 1))
}
export function hostOf(listen: string): string {
  return listen.slice(0, listen.lastIndexOf(':'))
}
export function withPort(listen: string, port: number): string {
  return `${hostOf(listen)}:${port}`
}
