// Turns what the back end says into a mark, a colour and a word, the same everywhere.

import type { GatewayState } from '../api/GatewayState'
import type { HealthState } from '../api/HealthState'
import type { KeyringState } from '../api/KeyringState'
import type { RequestView } from '../api/RequestView'
import type { SecretState } from '../api/SecretState'
import type { State } from '../parts/icons'
import { logs } from '../text/logs'
import { shell } from '../text/shell'
import { portOf } from './gateway.svelte'

export type Word = { state: State; word: string }

const GATEWAY: Record<GatewayState['state'], State> = {
  stopped: 'stopped',
  starting: 'busy',
  running: 'ok',
  draining: 'busy',
  failed: 'failed',
}

export function gatewayWord(gateway: GatewayState): Word & { more: string } {
  const more = gateway.state === 'running' ? ` :${portOf(gateway.address)}` : ''
  return { state: GATEWAY[gateway.state], word: shell.states[gateway.state], more }
}

export const HEALTH: Record<HealthState, Word> = {
  ok: { state: 'ok', word: 'Healthy' },
  failed: { state: 'failed', word: 'Failed' },
  unknown: { state: 'wait', word: 'Not checked' },
  off: { state: 'stopped', word: 'Off' },
}

export const KEYRING: Record<KeyringState, State> = {
  unasked: 'wait',
  ready: 'ok',
  waiting: 'busy',
  locked: 'degraded',
  unavailable: 'degraded',
}

/** A key's state in two words, and whether it needs someone. */
export const SECRET: Record<SecretState, { word: string; needsSomeone: boolean }> = {
  absent: { word: 'none', needsSomeone: false },
  stored: { word: 'in the keyring', needsSomeone: false },
  environment: { word: 'from the environment', needsSomeone: false },
  missing: { word: 'missing', needsSomeone: true },
  locked: { word: 'locked', needsSomeone: true },
  unavailable: { word: 'no keyring', needsSomeone: true },
  wrong_endpoint: { word: 'for another host', needsSomeone: true },
  unread: { word: 'not read yet', needsSomeone: false },
}

/** Whether an answer began well and did not end. */
export const brokeOff = (row: RequestView): boolean =>
  row.state === 'failed' && typeof row.status === 'number' && row.status < 400

/** How a request stands, in the shortest word that is true. */
export function requestWord(row: RequestView): Word {
  switch (row.state) {
    case 'running':
      return { state: 'busy', word: row.streamed ? 'Streaming' : 'Running' }
    case 'completed':
      if (row.answered_by) return { state: 'ok', word: logs.fallback }
      return { state: 'ok', word: String(row.status ?? 'Done') }
    case 'failed':
      if (brokeOff(row)) return { state: 'failed', word: logs.brokeOff }
      return { state: 'failed', word: row.status ? String(row.status) : 'Failed' }
    case 'refused':
      return { state: 'failed', word: `${row.status ?? ''} refused`.trim() }
    case 'cancelled':
      return {
        state: 'stopped',
        word: row.notes.includes('cancelled by the admin') ? 'Cancelled' : 'Hung up',
      }
    case 'interrupted':
      return { state: 'degraded', word: 'Interrupted' }
  }
}
