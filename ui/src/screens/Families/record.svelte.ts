// A record as it is being edited. Lists are text, one a line, until they are saved.

import type { Bos } from '../../api/Bos'
import type { CompletionRoute } from '../../api/CompletionRoute'
import type { FamilyPreview } from '../../api/FamilyPreview'
import type { FamilyRecord } from '../../api/FamilyRecord'
import type { Field } from '../../api/Field'
import type { Parameter } from '../../api/Parameter'
import type { Standing } from '../../api/Standing'
import type { SupportLevels } from '../../api/SupportLevels'
import type { Variant } from '../../api/Variant'
import { backend } from '../../backend'
import { families as texts } from '../../text/families'

export type EnteredVariant = {
  /** What the form does not show stays as it was. */
  rest: Variant
  title: string
  words: string
  support: SupportLevels
  context: string
}

export type Entered = {
  name: string
  title: string
  standing: Standing
  support: SupportLevels
  hasFim: boolean
  template: string
  tokens: string
  forbidden: string
  plain: boolean
  routes: CompletionRoute[]
  bos: Bos
  stop: string
  stopIds: string
  context: string
  refuses: Parameter[]
  open: string
  close: string
  remarks: string
  variants: EnteredVariant[]
}

/** What is wrong, at the field that it is about. */
export type Wrong = Partial<Record<Field, string>>

const OR = / or /
const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')
const words = (text: string) => text.split(/[\s,]+/).filter(Boolean)
const isNumber = (text: string) => /^\d{1,9}$/.test(text.trim())

export const enterVariant = (variant: Variant): EnteredVariant => ({
  rest: variant,
  title: variant.title,
  words: variant.matches.map((set) => set.join(' ')).join(' or '),
  support: { ...variant.support },
  context: String(variant.context ?? ''),
})

export const newVariant = (support: SupportLevels): EnteredVariant =>
  enterVariant({ title: '', matches: [], standing: 'unlisted', support })

/** The form of a family that is kept: of a copy, or of the family itself. */
export type Draft = { before: FamilyRecord; entered: Entered }
export const draftId = (name: string, act: 'copy' | 'edit') => `family ${name} ${act}`

/** Whether anything was typed into it. */
export const isBegun = ({ before, entered }: Draft) =>
  JSON.stringify(leave($state.snapshot(entered) as Entered, before)) !==
  JSON.stringify(leave(enter(before), before))

export function enter(record: FamilyRecord): Entered {
  const { fim } = record
  return {
    name: record.name,
    title: record.title,
    standing: record.standing,
    support: { ...record.support },
    hasFim: Boolean(fim),
    template: fim?.template ?? '<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>',
    tokens: (fim?.tokens ?? ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>']).join('\n'),
    forbidden: (fim?.forbidden ?? record.control).join('\n'),
    plain: fim?.plain_without_suffix ?? false,
    routes: [...record.routes],
    bos: record.bos,
    stop: record.stop.join('\n'),
    stopIds: record.stop_ids.join(', '),
    context: String(record.context),
    refuses: [...record.refuses],
    open: record.reasoning?.open ?? '',
    close: record.reasoning?.close ?? '',
    remarks: record.remarks,
    variants: record.variants.map(enterVariant),
  }
}

export function leave(entered: Entered, before: FamilyRecord): FamilyRecord {
  const forbidden = lines(entered.forbidden)
  return {
    ...before,
    name: entered.name.trim(),
    title: entered.title.trim(),
    standing: entered.standing,
    support: entered.support,
    fim: entered.hasFim
      ? {
          template: entered.template,
          tokens: lines(entered.tokens),
          forbidden,
          plain_without_suffix: entered.plain,
        }
      : null,
    control: entered.hasFim ? before.control : forbidden,
    routes: entered.routes,
    bos: entered.bos,
    stop: lines(entered.stop),
    stop_ids: words(entered.stopIds).map(Number),
    context: Number(entered.context),
    refuses: entered.refuses,
    reasoning: entered.open || entered.close ? { open: entered.open, close: entered.close } : null,
    remarks: entered.remarks.trim(),
    variants: entered.variants.map(({ rest, title, words: told, support, context }) => ({
      ...rest,
      title: title.trim(),
      matches: told
        .split(OR)
        .map((set) => set.trim().split(/\s+/).filter(Boolean))
        .filter((set) => set.length > 0),
      support,
      context: context.trim() === '' ? null : Number(context),
    })),
  }
}

/** What no record can hold: what should be a number and is none, and a title that is missing. */
export function faultsOf({ title, context, stopIds, variants }: Entered): Wrong {
  const odd = variants.find((one) => one.context.trim() !== '' && !isNumber(one.context))
  return {
    ...(title.trim() === '' ? { title: texts.titleEmpty } : {}),
    ...(words(stopIds).every(isNumber) ? {} : { stop_ids: texts.idsFault }),
    ...(isNumber(context) ? {} : { context: texts.numberFault }),
    ...(odd ? { variants: texts.variantFault(odd.title) } : {}),
  }
}

/** Asks what a record comes to, a moment after it was changed. What is no record is not asked about. */
export function previewOf(record: () => FamilyRecord | undefined): {
  readonly value: FamilyPreview | undefined
} {
  let value = $state.raw<FamilyPreview>()
  const question = $derived(JSON.stringify(record()))
  $effect(() => {
    const asked = question
    if (asked === undefined) return
    const soon = setTimeout(() => {
      backend.call('preview_family', JSON.parse(asked) as FamilyRecord).then(
        (answer) => asked === question && (value = answer),
        () => {},
      )
    }, 200)
    return () => clearTimeout(soon)
  })
  return {
    get value() {
      return value
    },
  }
}
