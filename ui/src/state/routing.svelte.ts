// Routes that were chosen and not yet applied. They outlive the screen, so that a look elsewhere loses nothing.

import type { Feature } from '../api/Feature'
import type { FeatureView } from '../api/FeatureView'
import type { Route } from '../api/Route'
import type { RouteChange } from '../api/RouteChange'
import { backend } from '../backend'
import { plural } from '../text/format'
import { features as words } from '../text/features'
import { tell, tellProblem } from './toasts.svelte'
import { modelById, setFeatures, world } from './world.svelte'

/** A route of its own, or `null` to follow the parent, or to answer nobody where there is none. */
export type Choice = Route | null

/** A choice that waits until its reasons were read: of one feature, or of all in a group. */
export type Question = {
  features: Feature[]
  route: Choice
  reasons: string[]
  /** Those that follow one of them, once it is confirmed. */
  followers?: Feature[]
}

let chosen = $state.raw<Map<Feature, Choice>>(new Map())
let questions = $state.raw<Map<string, Question>>(new Map())
let busy = $state(false)

export const viewOf = (feature: Feature | null | undefined): FeatureView | undefined =>
  world.features.find((view) => view.feature === feature)

function isSame(one: Choice, other: Choice): boolean {
  if (one?.kind !== 'model' || other?.kind !== 'model') return one?.kind === other?.kind
  return one.model === other.model && (one.fallback ?? null) === (other.fallback ?? null)
}

/** The models of a route that do not suit the feature, each with its reason. */
export function against(view: FeatureView, route: Choice): { model: string; reason: string }[] {
  if (route?.kind !== 'model') return []
  return view.unfit.filter((one) => one.model === route.model || one.model === route.fallback)
}

/** What would change; a choice that equals the present route is no change. */
const changed = $derived(
  world.features.flatMap((view) => {
    const before = view.route ?? null
    const after = chosen.get(view.feature)
    return after === undefined || isSame(before, after) ? [] : [{ view, before, after }]
  }),
)

export const staged = {
  get changes() {
    return changed
  },
  get count() {
    return changed.length
  },
  get isBusy() {
    return busy
  },
  /** The route that a feature would have of its own. */
  of(feature: Feature): Choice {
    const next = chosen.get(feature)
    return next === undefined ? (viewOf(feature)?.route ?? null) : next
  },
  /** The route that would apply to it, its own or its parent's. */
  applying(feature: Feature): Choice {
    const own = staged.of(feature)
    const parent = viewOf(feature)?.parent
    return own ?? (parent ? staged.of(parent) : null)
  },
  question: (key: string) => questions.get(key),
}

function stage(features: Feature[], route: (feature: Feature) => Choice): void {
  const next = new Map(chosen)
  for (const feature of features) next.set(feature, route(feature))
  chosen = next
}

function ask(key: string, question: Question | undefined): void {
  const next = new Map(questions)
  if (question) next.set(key, question)
  else next.delete(key)
  questions = next
}

/** Stages a choice, or asks first when a model of it does not suit the feature and nobody has said so yet. */
export function choose(feature: Feature, route: Choice): void {
  const view = viewOf(feature)
  if (!view) return
  const known = against(view, staged.of(feature)).map((one) => one.model)
  const fresh = against(view, route).filter((one) => !known.includes(one.model))
  if (fresh.length > 0)
    return ask(feature, { features: [feature], route, reasons: fresh.map((one) => one.reason) })
  ask(feature, undefined)
  stage([feature], () => route)
}

/** One choice for all features of a group. Those whose parent is among them follow it. */
export function chooseAll(group: string, route: Choice): void {
  const views = world.features.filter((view) => view.group === group)
  const leads = views.filter((view) => !views.some((other) => other.feature === view.parent))
  const followers = views.filter((view) => !leads.includes(view))
  const targets = route === null ? views.filter((view) => view.parent) : leads
  const unfit = targets.filter((view) => against(view, route).length > 0)
  const isHeld = (view: FeatureView) => unfit.some((lead) => lead.feature === view.parent)
  const named = (some: FeatureView[]) => some.map((view) => view.feature)
  stage(named(followers.filter((view) => !isHeld(view))), () => null)
  stage(named(targets.filter((view) => !unfit.includes(view))), () => route)
  const reasons = unfit.flatMap((view) => against(view, route).map((one) => one.reason))
  const question = {
    features: named(unfit),
    route,
    followers: named(followers.filter(isHeld)),
    reasons: [...new Set(reasons)],
  }
  ask(group, unfit.length > 0 ? question : undefined)
}

/** The reason was read, and the choice stays. */
export function confirm(key: string): void {
  const question = questions.get(key)
  if (question) {
    stage(question.followers ?? [], () => null)
    stage(question.features, () => question.route)
  }
  ask(key, undefined)
}

export function withdraw(key: string): void {
  ask(key, undefined)
}

/** Takes one change back. */
export function revert(feature: Feature): void {
  const next = new Map(chosen)
  next.delete(feature)
  chosen = next
}

export function discard(): void {
  chosen = new Map()
  questions = new Map()
}

async function send(changes: RouteChange[]): Promise<boolean> {
  busy = true
  try {
    setFeatures(await backend.call('set_routes', changes))
    return true
  } catch (thrown) {
    tellProblem(thrown)
    return false
  } finally {
    busy = false
  }
}

/** A choice in a few words: a model, what it follows, or nobody. */
export function say(view: FeatureView, choice: Choice): string {
  if (choice === null) return view.parent ? words.follows(viewOf(view.parent)?.title ?? '') : words.notRouted
  if (choice.kind === 'disabled') return words.disabled
  const name = modelById(choice.model)?.name ?? ''
  const other = modelById(choice.fallback)?.name
  return other ? words.withFallback(name, other) : name
}

export async function apply(): Promise<void> {
  const list = changed
  const [first] = list
  if (!first || busy) return
  const sent = list.map(({ view, after }) => ({
    feature: view.feature,
    route: after,
    // An unfit model is staged only after its reason was read.
    reason_shown: against(view, after).length > 0,
  }))
  const back = list.map(({ view, before }) => ({ feature: view.feature, route: before, reason_shown: true }))
  const why = words.now(first.view.title, say(first.view, first.after))
  if (!(await send(sent))) return
  chosen = new Map()
  tell({
    kind: 'done',
    what: words.applied(plural(list.length, 'change')),
    why,
    act: {
      label: words.undo,
      run: () => void send(back).then((done) => done && tell({ kind: 'done', what: words.undone })),
    },
  })
}
