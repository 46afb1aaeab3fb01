// The routing of the drawings: sixteen features, some with a model of their own.

import type { Evidence } from '../../api/Evidence'
import type { Feature } from '../../api/Feature'
import type { FeatureView } from '../../api/FeatureView'
import type { ModelView } from '../../api/ModelView'
import type { Need } from '../../api/Need'
import type { Route } from '../../api/Route'
import type { RouteChange } from '../../api/RouteChange'

type Row = [feature: Feature, title: string, group: string, need: Need, summary: string]
const CODE = 'Code suggestions'
const CHAT = 'Chat'
const MERGE = 'Merge requests'
const OTHER = 'Other features'

// prettier-ignore
const ROWS: Row[] = [
  ['code_completions', 'Code completion', CODE, 'completion', 'The next words at the cursor, while typing.'],
  ['code_generations', 'Code generation', CODE, 'generation', 'A block of code from an instruction.'],
  ['duo_chat', 'Chat', CHAT, 'chat', 'Questions and answers in conversation.'],
  ['duo_chat_explain_code', 'Code explanation', CHAT, 'chat', 'What selected code does.'],
  ['duo_chat_write_tests', 'Test generation', CHAT, 'chat', 'Tests for selected code.'],
  ['duo_chat_refactor_code', 'Refactor code', CHAT, 'chat', 'Selected code, written better.'],
  ['duo_chat_fix_code', 'Fix code', CHAT, 'chat', 'Selected code, corrected.'],
  ['duo_chat_troubleshoot_job', 'Root cause analysis', CHAT, 'chat', 'Why a CI/CD job failed.'],
  ['duo_chat_explain_vulnerability', 'Vulnerability explanation', CHAT, 'chat', 'What a vulnerability means.'],
  ['duo_chat_summarize_comments', 'Discussion summary', CHAT, 'chat', 'What was said on an issue.'],
  ['generate_commit_message', 'Merge commit message', MERGE, 'chat', 'A message for a merge commit.'],
  ['summarize_new_merge_request', 'Merge request summary', MERGE, 'chat', 'A description of a new merge request.'],
  ['summarize_review', 'Code review summary', MERGE, 'chat', 'A summary of review comments.'],
  ['review_merge_request', 'Code review', MERGE, 'chat', 'Review comments on a merge request.'],
  ['resolve_vulnerability', 'Vulnerability resolution', OTHER, 'chat', 'A fix for a vulnerability.'],
  ['glab_ask_git_command', 'Duo for the CLI', OTHER, 'chat', 'A git command from a question.'],
]

const EVIDENCE: Partial<Record<Feature, [number, number, number, number]>> = {
  code_completions: [31904, 71, 142, 236],
  code_generations: [6120, 25, 740, 1420],
  duo_chat: [9833, 58, 1920, 4200],
  duo_chat_explain_code: [204, 1, 1880, 4020],
  duo_chat_write_tests: [388, 0, 752, 1380],
  review_merge_request: [96, 0, 768, 1455],
}

const KINDS: Record<Need, string> = {
  completion: 'completing code',
  generation: 'generating code',
  chat: 'conversation',
}

function unfit(model: ModelView, need: Need): string | undefined {
  const level = model.support[need]
  if (level === 'none') return `${model.variant_title} models are not made for ${KINDS[need]}.`
  if (level === 'limited')
    return `${model.variant_title} models lose much of their quality in ${KINDS[need]}, by GitLab's list.`
  return undefined
}

export type Routes = Map<Feature, Route>

export function routes(models: ModelView[]): Routes {
  const id = (name: string) => models.find((model) => model.name === name)?.id
  const found: Routes = new Map()
  const set = (feature: Feature, name: string, other?: string) => {
    const model = id(name)
    if (model) found.set(feature, { kind: 'model', model, ...(other ? { fallback: id(other) ?? null } : {}) })
  }
  set('code_completions', 'Codestral 22B', 'Qwen2.5-Coder 7B')
  set('code_generations', 'Claude 3.5 Sonnet', 'Codestral 22B')
  set('duo_chat', 'Mixtral 8x7B-it', 'Claude 3.5 Sonnet')
  set('duo_chat_write_tests', 'Claude 3.5 Sonnet')
  set('review_merge_request', 'Claude 3.5 Sonnet', 'Mixtral 8x7B-it')
  if (models.length > 0) found.set('duo_chat_troubleshoot_job', { kind: 'disabled' })
  return found
}

export function features(models: ModelView[], routed: Routes): FeatureView[] {
  return ROWS.map(([feature, title, group, need, summary]) => {
    const parent = need === 'chat' && feature !== 'duo_chat' ? ('duo_chat' as const) : null
    const own = routed.get(feature)
    const applies = own ?? (parent ? routed.get(parent) : undefined)
    const sums = models.length > 0 ? EVIDENCE[feature] : undefined
    const evidence: Evidence = sums
      ? { requests: sums[0], errors: sums[1], first_token_p50_ms: sums[2], first_token_p95_ms: sums[3] }
      : { requests: 0, errors: 0 }
    return {
      feature,
      name: feature,
      title,
      summary,
      group,
      parent,
      need,
      route: own ?? null,
      answered_by: applies?.kind === 'model' ? applies.model : null,
      fallback: applies?.kind === 'model' ? (applies.fallback ?? null) : null,
      inherited_from: !own && applies ? parent : null,
      disabled: applies?.kind === 'disabled',
      unfit: models.flatMap((model) => {
        const reason = unfit(model, need)
        return reason ? [{ model: model.id, reason }] : []
      }),
      evidence,
    }
  })
}

/** All changes or none; an unfit model is refused with its reason until that was shown. */
export function change(routed: Routes, changes: RouteChange[], views: FeatureView[]): Routes {
  const next = new Map(routed)
  for (const { feature, route, reason_shown } of changes) {
    const named = route?.kind === 'model' ? [route.model, route.fallback] : []
    const against = views
      .find((view) => view.feature === feature)
      ?.unfit.find((one) => named.includes(one.model))
    if (against && !reason_shown)
      throw {
        code: 'invalid',
        message: against.reason,
        hint: 'Choose another model, or confirm that you want this one.',
      }
    if (route) next.set(feature, route)
    else next.delete(feature)
  }
  return next
}
