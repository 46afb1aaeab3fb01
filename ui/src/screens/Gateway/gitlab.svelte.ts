// What is set for GitLab as it is being changed, and the address that GitLab is given.

import type { Field } from '../../api/Field'
import type { GatewaySettings } from '../../api/GatewaySettings'
import type { GitlabDraft } from '../../api/GitlabDraft'
import type { GitlabSettings } from '../../api/GitlabSettings'
import { gitlab as words } from '../../text/gitlab'

export type Draft = { before: GitlabDraft; entered: GitlabDraft }
export type Wrong = Partial<Record<Field, string>>
export const GITLAB_DRAFT = 'gitlab'

export const enter = (settings: GitlabSettings): GitlabDraft => ({
  url: settings.url ?? '',
  customers_portal: settings.customers_portal ?? '',
  open_on_loopback: settings.open_on_loopback,
  accept_named_models: settings.accept_named_models,
  documentation: settings.documentation ?? '',
})

export function begin(settings: GitlabSettings): Draft {
  return { before: enter(settings), entered: enter(settings) }
}

/** The fields that differ, by name. */
export function changes({ before, entered }: Draft): (keyof GitlabDraft)[] {
  const plain = (value: string | boolean) => (typeof value === 'string' ? value.trim() : value)
  const names = Object.keys(words.fields) as (keyof GitlabDraft)[]
  return names.filter((name) => plain(before[name]) !== plain(entered[name]))
}

export type Reach = 'loopback' | 'allowed' | 'unnamed' | 'address'

/** The address that GitLab is given, and what is to be said about it. */
export function addressFor(
  url: string | null | undefined,
  settings: GatewaySettings,
): { url: string; host: string; reach: Reach } {
  const shown = url ?? `http://${settings.listen}`
  const [, host = '', port = ''] = /^https?:\/\/(.*):(\d+)$/.exec(shown) ?? []
  if (/^(127\.|\[::1\]|localhost)/.test(host)) return { url: shown, host, reach: 'loopback' }
  const allowed = settings.allowed_hosts[0]
  if (allowed) return { url: `http://${allowed}:${port}`, host: allowed, reach: 'allowed' }
  if (host === '0.0.0.0' || host === '[::]') {
    const name = words.paste.placeholder
    return { url: `http://${name}:${port}`, host: name, reach: 'unnamed' }
  }
  return { url: shown, host, reach: 'address' }
}

/** Whether a version of GitLab takes the address from the environment alone. */
export function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === 17 && minor < 9
}
