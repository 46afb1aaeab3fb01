// The models of a route to choose from: those that suit the feature first, each with what speaks for or against it.

import type { ModelView } from '../../api/ModelView'
import type { Choice, Group } from '../../parts/Select.svelte'
import { HEALTH } from '../../state/words'
import { duration } from '../../text/format'
import { features as words } from '../../text/features'

function noteOf(model: ModelView): string {
  if (!model.enabled) return words.isOff
  return model.health.state === 'failed' ? words.failed : model.variant_title
}

export function modelChoices(models: ModelView[], reasons: Map<string, string>): Group[] {
  const choices = models.map((model): Choice => {
    const { first_token_p50_ms: first } = model.evidence
    const isUnknown = model.health.state === 'unknown'
    return {
      value: model.id,
      label: model.name,
      hue: model.hue,
      note: noteOf(model),
      against: reasons.get(model.id),
      aside: isUnknown ? HEALTH.unknown.word : first ? duration(first) : '',
    }
  })
  return [
    { title: words.suits, choices: choices.filter((one) => !one.against) },
    { title: words.unfit, choices: choices.filter((one) => one.against) },
  ].filter((group) => group.choices.length > 0)
}
