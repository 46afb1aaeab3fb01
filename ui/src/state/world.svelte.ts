// What every screen looks at: the status that the back end pushes, the models and the features.

import type { Error as ApiError } from '../api/Error'
import type { FeatureView } from '../api/FeatureView'
import type { ModelView } from '../api/ModelView'
import type { Status } from '../api/Status'
import { backend } from '../backend'
import { resource } from './resource.svelte'

let status = $state.raw<Status>()
let lost = $state.raw<ApiError>()
const models = resource(() => backend.call('list_models'))
const features = resource(() => backend.call('list_features'))

export const world = {
  get status() {
    return status
  },
  /** Why the back end cannot be heard, when it cannot. */
  get lost() {
    return lost
  },
  get models(): ModelView[] {
    return models.value ?? []
  },
  get features(): FeatureView[] {
    return features.value ?? []
  },
  /** Whether both lists have come in once. */
  get isKnown() {
    return models.value !== undefined && features.value !== undefined
  },
  get error() {
    return models.error ?? features.error
  },
}

export function modelById(id: string | null | undefined): ModelView | undefined {
  return world.models.find((model) => model.id === id)
}
export function modelByName(name: string): ModelView | undefined {
  return world.models.find((model) => model.name === name)
}

export async function refresh(): Promise<void> {
  await Promise.all([models.refresh(), features.refresh()])
}

export function setStatus(next: Status): void {
  status = next
}
export function setFeatures(next: FeatureView[]): void {
  features.set(next)
  void models.refresh()
}

const PAUSE = 2000

/** Listens until the returned function is called. A stream that breaks is opened again. */
export function listen(): () => void {
  let close = () => {}
  let stopped = false
  let waiting: ReturnType<typeof setTimeout> | undefined
  // Every request changes evidence and health, but nobody reads faster than this.
  const soon = () => {
    waiting ??= setTimeout(() => {
      waiting = undefined
      void refresh()
    }, PAUSE)
  }
  const start = () => {
    close = backend.open(
      'status',
      null,
      (next) => {
        lost = undefined
        if (next.logged !== status?.logged) soon()
        status = next
      },
      (error) => {
        if (error !== null) lost = error
        if (!stopped) setTimeout(start, PAUSE)
      },
    )
  }
  start()
  void refresh()
  return () => {
    stopped = true
    clearTimeout(waiting)
    close()
  }
}
