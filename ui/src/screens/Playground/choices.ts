// What a column can ask: the features that somebody answers, and the deployments.

import type { Group } from '../../parts/Select.svelte'
import { modelById, modelByName, world } from '../../state/world.svelte'
import { playground as words } from '../../text/playground'

export function choices(): Group[] {
  const features = world.features.flatMap((view) => {
    const model = modelById(view.answered_by)
    return model ? [{ value: view.name, label: view.title, hue: model.hue, note: model.name }] : []
  })
  const models = world.models.map((model) => ({
    value: model.name,
    label: model.name,
    hue: model.hue,
    note: model.enabled ? model.family_title : words.isOff,
  }))
  return [
    { title: words.features, choices: features },
    { title: words.models, choices: models },
  ].filter((group) => group.choices.length > 0)
}

/** The deployment that answers to a name: itself, or the one that a feature is routed to. */
export function answering(name: string) {
  const feature = world.features.find((view) => view.name === name)
  return modelByName(name) ?? modelById(feature?.answered_by)
}

/** What people call a name that clients use. */
export function titleOf(name: string): string {
  return world.features.find((view) => view.name === name)?.title ?? name
}

/** A name for a new column: the first healthy deployment that no column has. */
export function another(taken: string[]): string {
  const usable = world.models.filter((model) => model.enabled && model.health.state !== 'failed')
  const free = usable.find((model) => !taken.includes(model.name))
  return (free ?? usable[0] ?? world.models[0])?.name ?? ''
}

/** The name that a first trial begins with: what clients chat with, else any deployment. */
export function first(): string {
  const names = choices().flatMap((group) => group.choices.map((choice) => choice.value))
  return names.includes('duo_chat') ? 'duo_chat' : (names[0] ?? '')
}
