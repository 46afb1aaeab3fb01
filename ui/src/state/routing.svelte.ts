// Routes that were chosen and not yet applied. They outlive the screen, so that a look elsewhere loses nothing.

import type { Feature } from '../api/Feature'
import type { RouteChange } from '../api/RouteChange'
import { backend } from '../backend'
import { plural } from '../text/format'
import { features as words } from '../text/features'
import { tell, tellProblem } from './toasts.svelte'
import { modelById, setFeatures, world } from './world.svelte'

let chosen = $state.raw<Map<Feature, string | null>>(new Map())
let busy = $state(false)

/** What would change; a choice that equals the present route is no change. */
const changes = $derived.by((): RouteChange[] =>
  world.features
    .filter((view) => chosen.has(view.feature) && chosen.get(view.feature) !== (view.model ?? null))
    .map((view) => ({ feature: view.feature, model: chosen.get(view.feature) ?? null })),
)

export const staged = {
  get changes() {
    return changes
  },
  get count() {
    return changes.length
  },
  get isBusy() {
    return busy
  },
  /** The model that a feature would have. */
  modelOf(feature: Feature): string | null {
    const now = world.features.find((view) => view.feature === feature)?.model ?? null
    const next = chosen.get(feature)
    return next === undefined ? now : next
  },
}

export function choose(feature: Feature, model: string | null): void {
  chosen = new Map(chosen).set(feature, model)
}

export function discard(): void {
  chosen = new Map()
}

async function send(next: RouteChange[]): Promise<boolean> {
  busy = true
  try {
    setFeatures(await backend.call('set_routes', next))
    return true
  } catch (thrown) {
    tellProblem(thrown)
    return false
  } finally {
    busy = false
  }
}

const titleOf = (feature: Feature) =>
  world.features.find((view) => view.feature === feature)?.title ?? feature

export async function apply(): Promise<void> {
  const next = changes
  if (next.length === 0 || busy) return
  const before = next.map(({ feature }) => ({
    feature,
    model: world.features.find((view) => view.feature === feature)?.model ?? null,
  }))
  if (!(await send(next))) return
  discard()
  const first = next[0]
  tell({
    kind: 'done',
    what: words.applied(plural(next.length, 'change')),
    ...(first ? { why: words.nowUses(titleOf(first.feature), modelById(first.model)?.name) } : {}),
    act: { label: words.undo, run: () => void send(before) },
  })
}
