// What is known of GitLab: whose tokens are accepted and who asked lately.

import type { GitlabView } from '../api/GitlabView'
import { backend } from '../backend'
import { resource } from './resource.svelte'

const known = resource(() => backend.call('gitlab'))

export const gitlab = {
  get view(): GitlabView | undefined {
    return known.value
  },
  get error() {
    return known.error
  },
  refresh: known.refresh,
  set: known.set,
}

/** The variables that hold over a setting, each with what it says where no setting shows that. */
export const overridesOf = (setting: string) =>
  (known.value?.overrides ?? []).filter((one) => one.setting === setting)

/** The variables of the environment that hold over a setting, with a comma between; none for none. */
export function overrideOf(setting: string): string | undefined {
  const found = overridesOf(setting)
  return found.length > 0 ? found.map((one) => one.variable).join(', ') : undefined
}
