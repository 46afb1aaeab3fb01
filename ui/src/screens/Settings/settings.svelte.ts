// The settings of this screen as they are and as they are being changed. Numbers stay text until they are saved.

import type { LogFiles } from '../../api/LogFiles'
import type { LogLevel } from '../../api/LogLevel'
import type { LogSettings } from '../../api/LogSettings'
import type { LogTarget } from '../../api/LogTarget'
import type { RedactionDraft } from '../../api/RedactionDraft'
import { withTyped } from '../../state/drafts.svelte'
import { count } from '../../text/format'
import { settings as words } from '../../text/settings'

export const SETTINGS_DRAFT = 'settings'

export type Target = { to: LogTarget['to']; path: string }
export type NumberName = 'keep_days' | 'keep_megabytes' | 'rotate_megabytes' | 'rotate_days' | 'keep_files'
export type Entered = {
  log: { keep_days: string; keep_megabytes: string }
  files: {
    gateway: Target
    llm: Target
    level: LogLevel
    json: boolean
    rotate_megabytes: string
    rotate_days: string
    keep_files: string
  }
  rules: RedactionDraft
}
export type Draft = { before: Entered; entered: Entered }
export type Part = keyof Entered
export const PARTS: Part[] = ['log', 'rules', 'files']

/** What each number may be, and where it stands. */
export const RANGES: Record<NumberName, [number, number]> = {
  keep_days: [1, 3650],
  keep_megabytes: [10, 1_000_000],
  rotate_megabytes: [1, 10_000],
  rotate_days: [1, 365],
  keep_files: [1, 1000],
}

const targetOf = (target: LogTarget): Target => ({
  to: target.to,
  path: target.to === 'file' ? target.path : '',
})

/** What was saved, with what was typed into it meanwhile. */
export function afterSave(saved: Draft, sent: Entered, now: Entered): Draft {
  const { log, files, rules } = saved.entered
  const entered = {
    log: withTyped(log, sent.log, now.log),
    files: withTyped(files, sent.files, now.files),
    rules: withTyped(rules, sent.rules, now.rules),
  }
  return { before: saved.before, entered }
}

export function enter(log: LogSettings, files: LogFiles, rules: RedactionDraft): Entered {
  return {
    log: { keep_days: String(log.keep_days), keep_megabytes: String(log.keep_megabytes) },
    files: {
      gateway: targetOf(files.gateway),
      llm: targetOf(files.llm),
      level: files.level,
      json: files.json,
      rotate_megabytes: String(files.rotate_megabytes),
      rotate_days: String(files.rotate_days),
      keep_files: String(files.keep_files),
    },
    rules: { off: [...rules.off], own: rules.own.map((rule) => ({ ...rule })) },
  }
}

export function begin(log: LogSettings, files: LogFiles, rules: RedactionDraft): Draft {
  return { before: enter(log, files, rules), entered: enter(log, files, rules) }
}

/** The rules without patterns of which nothing is typed yet: those are wrong only when they are to be saved. */
export const begunRules = ({ off, own }: RedactionDraft): RedactionDraft => ({
  off,
  own: own.filter((rule) => rule.name !== '' || rule.pattern !== ''),
})

export const leaveLog = ({ log }: Entered): LogSettings => ({
  keep_days: Number(log.keep_days),
  keep_megabytes: Number(log.keep_megabytes),
})

const left = ({ to, path }: Target): LogTarget => (to === 'file' ? { to, path: path.trim() } : { to })

export const leaveFiles = ({ files }: Entered): LogFiles => ({
  gateway: left(files.gateway),
  llm: left(files.llm),
  level: files.level,
  json: files.json,
  rotate_megabytes: Number(files.rotate_megabytes),
  rotate_days: Number(files.rotate_days),
  keep_files: Number(files.keep_files),
})

/** The parts that differ. A path that is not used is no difference. */
export function changed({ before, entered }: Draft): Part[] {
  const plain: Record<Part, (one: Entered) => unknown> = {
    log: ({ log }) => log,
    files: (one) => ({ ...one.files, gateway: left(one.files.gateway), llm: left(one.files.llm) }),
    rules: ({ rules }) => ({ off: [...rules.off].sort(), own: rules.own }),
  }
  return PARTS.filter((part) => JSON.stringify(plain[part](before)) !== JSON.stringify(plain[part](entered)))
}

export type Faults = Partial<Record<NumberName | 'gateway' | 'llm', string>>

export function faults({ log, files }: Entered): Faults {
  const found: Faults = {}
  const typed: Record<NumberName, string> = {
    ...log,
    rotate_megabytes: files.rotate_megabytes,
    rotate_days: files.rotate_days,
    keep_files: files.keep_files,
  }
  for (const [name, [from, to]] of Object.entries(RANGES) as [NumberName, [number, number]][]) {
    const value = Number(typed[name])
    if (typed[name].trim() === '' || !Number.isInteger(value) || value < from || value > to)
      found[name] = words.range(count(from), count(to))
  }
  for (const name of ['gateway', 'llm'] as const)
    if (files[name].to === 'file' && files[name].path.trim() === '') found[name] = words.files.noPath
  return found
}

/** The rule that an error names in quotes; the last of several with one name. */
export function ruleOf(message: string, { own }: RedactionDraft): number {
  const named = own.map((rule) => message.includes(`"${rule.name.trim()}"`))
  return named.lastIndexOf(true)
}

export type Piece = { text: string; isMark: boolean }

/** What stands where something was replaced. */
const MARK = '[REDACTED]'

/** A redacted text with its marks apart. */
export function pieces(text: string): Piece[] {
  return text
    .split(MARK)
    .flatMap((part, place): Piece[] => [
      ...(place > 0 ? [{ text: MARK, isMark: true }] : []),
      ...(part === '' ? [] : [{ text: part, isMark: false }]),
    ])
}
