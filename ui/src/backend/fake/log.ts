// How long rows are kept, saved views and exports, as the program answers.

import type { LogSettings } from '../../api/LogSettings'
import type { RequestView } from '../../api/RequestView'
import type { SavedView } from '../../api/SavedView'
import { found } from './requests'

export function log(rows: () => RequestView[]) {
  let views: SavedView[] = [{ name: 'Slow failures', query: 'state:failed duration:>2s' }]
  let settings: LogSettings = { keep_days: 30, keep_megabytes: 1000 }
  return {
    list_views: () => views,
    save_view: (view: SavedView) => (views = [...views.filter((one) => one.name !== view.name), view]),
    remove_view: (name: string) => (views = views.filter((one) => one.name !== name)),
    log_settings: () => settings,
    save_log_settings: (next: LogSettings) => (settings = next),
    export_requests: ({ query, format }: { query: string; format: string }) => ({
      path: `/home/ada/Downloads/gatehouse-requests.${format}`,
      rows: found(rows(), query).length,
    }),
  }
}
