// The newest rows of the request log, pushed whenever they change, for as long as someone looks.

import type { RequestPage } from '../api/RequestPage'
import type { RequestQuery } from '../api/RequestQuery'
import { backend } from '../backend'

export function tail(query: () => RequestQuery): { readonly page: RequestPage | undefined } {
  let page = $state.raw<RequestPage>()
  $effect(() => backend.open('requests', query(), (next) => (page = next)))
  return {
    get page() {
      return page
    },
  }
}
