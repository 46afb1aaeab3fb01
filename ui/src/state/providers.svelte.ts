// The providers and what the form of a model asks for each. They do not change while the program runs.

import type { Provider } from '../api/Provider'
import type { ProviderView } from '../api/ProviderView'
import { backend } from '../backend'
import { resource } from './resource.svelte'

const known = resource(() => backend.call('list_providers'))

export const providers = {
  get all(): ProviderView[] {
    return known.value ?? []
  },
  get error() {
    return known.error
  },
  refresh: known.refresh,
}

export function providerOf(name: Provider): ProviderView | undefined {
  return providers.all.find((one) => one.provider === name)
}
