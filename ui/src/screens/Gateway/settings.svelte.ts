// The gateway's settings as they are and as they are being changed. Numbers stay text until they are saved.

import type { GatewaySettings } from '../../api/GatewaySettings'
import type { PortCheck } from '../../api/PortCheck'
import { hostOf, portOf } from '../../state/gateway.svelte'
import { count } from '../../text/format'
import { gateway as words } from '../../text/gateway'

export type Reach = 'machine' | 'network' | 'choose'
export type NumberField =
  | 'max_in_flight'
  | 'body'
  | 'first_byte_timeout'
  | 'completion_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'drain_timeout'
  | 'retries'
  | 'queue_timeout'

export type Entered = {
  port: string
  reach: Reach
  host: string
  start_with_app: boolean
  allowed_hosts: string[]
  allowed_origins: string[]
} & Record<NumberField, string>

const MEBIBYTE = 1024 * 1024

/** What each number may be. */
export const RANGES: Record<NumberField, [number, number]> = {
  max_in_flight: [1, 10_000],
  body: [0.001, 1024],
  first_byte_timeout: [1, 600],
  completion_timeout: [1, 600],
  idle_timeout: [1, 600],
  total_timeout: [1, 3600],
  drain_timeout: [0, 600],
  retries: [0, 5],
  queue_timeout: [0, 60],
}

export function enter(settings: GatewaySettings): Entered {
  const host = hostOf(settings.listen)
  return {
    port: String(portOf(settings.listen)),
    reach: host === '127.0.0.1' ? 'machine' : host === '0.0.0.0' ? 'network' : 'choose',
    host,
    start_with_app: settings.start_with_app,
    allowed_hosts: [...settings.allowed_hosts],
    allowed_origins: [...settings.allowed_origins],
    max_in_flight: String(settings.max_in_flight),
    body: String(Math.round((settings.max_body_bytes / MEBIBYTE) * 1000) / 1000),
    first_byte_timeout: String(settings.first_byte_timeout),
    completion_timeout: String(settings.completion_timeout),
    idle_timeout: String(settings.idle_timeout),
    total_timeout: String(settings.total_timeout),
    drain_timeout: String(settings.drain_timeout),
    retries: String(settings.retries),
    queue_timeout: String(settings.queue_timeout),
  }
}

export function hostFor(entered: Entered): string {
  if (entered.reach === 'machine') return '127.0.0.1'
  if (entered.reach === 'network') return '0.0.0.0'
  const host = entered.host.trim()
  // An IPv6 address stands in brackets before a port.
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

export function leave(entered: Entered): GatewaySettings {
  return {
    listen: `${hostFor(entered)}:${entered.port.trim()}`,
    start_with_app: entered.start_with_app,
    allowed_hosts: entered.allowed_hosts,
    allowed_origins: entered.allowed_origins,
    max_in_flight: Number(entered.max_in_flight),
    max_body_bytes: Math.round(Number(entered.body) * MEBIBYTE),
    first_byte_timeout: Number(entered.first_byte_timeout),
    completion_timeout: Number(entered.completion_timeout),
    idle_timeout: Number(entered.idle_timeout),
    total_timeout: Number(entered.total_timeout),
    drain_timeout: Number(entered.drain_timeout),
    retries: Number(entered.retries),
    queue_timeout: Number(entered.queue_timeout),
  }
}

/** The fields that differ, by name. */
export function changes(before: GatewaySettings, entered: Entered): (keyof GatewaySettings)[] {
  const after = leave(entered)
  const names = Object.keys(words.fields) as (keyof GatewaySettings)[]
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

export function isPort(typed: string): boolean {
  return /^\d{1,5}$/.test(typed.trim()) && Number(typed) >= 1 && Number(typed) <= 65_535
}

export type Faults = Partial<Record<NumberField | 'port' | 'reach', string>>

export function faults(entered: Entered, check: PortCheck | undefined, keys: number): Faults {
  const found: Faults = {}
  if (!isPort(entered.port)) found.port = words.badPort
  else if (check && !check.free && check.port === Number(entered.port))
    found.port = words.taken(check.port, check.holder, check.suggestion)
  const isLoopback = /^(127\.|\[::1\]|localhost)/.test(hostFor(entered))
  if (!isLoopback && keys === 0) found.reach = words.networkNoKey
  for (const [name, [from, to]] of Object.entries(RANGES) as [NumberField, [number, number]][]) {
    const typed = entered[name].trim()
    const value = Number(typed)
    const isWhole = name === 'body' || Number.isInteger(value)
    if (typed === '' || !isWhole || !(value >= from && value <= to))
      found[name] = words.range(count(from), count(to))
  }
  return found
}
