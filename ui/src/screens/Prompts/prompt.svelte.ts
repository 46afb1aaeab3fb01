// A prompt as it is being edited. Numbers are text until they are saved.

import type { Field } from '../../api/Field'
import type { PromptKey } from '../../api/PromptKey'
import type { PromptTexts } from '../../api/PromptTexts'
import { prompts as words } from '../../text/gitlab'

export const PARTS = ['system', 'user', 'prefill'] as const
export type Part = (typeof PARTS)[number]
export type Entered = Record<Part | 'temperature' | 'max_tokens', string>
export type Draft = { before: PromptTexts; entered: Entered }
export type Wrong = Partial<Record<Field, string>>

/** The texts for all families that have none of their own. */
export const BASE = 'base'
export const draftId = ({ id, family }: PromptKey) => `prompt ${id} ${family}`

export const enter = (texts: PromptTexts): Entered => ({
  system: texts.system,
  user: texts.user,
  prefill: texts.prefill,
  temperature: String(texts.temperature),
  max_tokens: String(texts.max_tokens),
})

export const leave = (entered: Entered): PromptTexts => ({
  system: entered.system,
  user: entered.user,
  prefill: entered.prefill,
  temperature: Number(entered.temperature),
  max_tokens: Number(entered.max_tokens),
})

export const begin = (texts: PromptTexts): Draft => ({ before: texts, entered: enter(texts) })

/** Whether anything was typed into it. */
export function isBegun({ before, entered }: Draft): boolean {
  const after = leave(entered)
  return (Object.keys(after) as (keyof PromptTexts)[]).some((name) => after[name] !== before[name])
}

/** What no prompt can hold: a number that is none or outside its range. */
export function faultsOf({ temperature, max_tokens }: Entered): Wrong {
  const heat = Number(temperature)
  const most = Number(max_tokens)
  const isHeat = temperature.trim() !== '' && heat >= 0 && heat <= 2
  const isMost = /^\d+$/.test(max_tokens.trim()) && most >= 1 && most <= 1_000_000
  return {
    ...(isHeat ? {} : { temperature: words.temperatureFault }),
    ...(isMost ? {} : { max_tokens: words.maxTokensFault }),
  }
}

/** Where a line begins and ends in a text; lines count from 1. */
export function lineAt(text: string, line: number): [number, number] {
  const before = text.split('\n').slice(0, line - 1)
  const start = before.reduce((sum, one) => sum + one.length + 1, 0)
  const end = text.indexOf('\n', start)
  return [Math.min(start, text.length), end < 0 ? text.length : end]
}

/** How many rows of an editor show a text without scrolling, within reason. */
export function rowsFor(text: string): number {
  const rows = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 84)), 0)
  return Math.min(18, Math.max(2, rows))
}
