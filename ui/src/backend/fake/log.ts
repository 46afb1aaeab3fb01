// How long rows are kept, saved views, exports, log files and redaction, as the program answers.

import type { LogFiles } from '../../api/LogFiles'
import type { LogSettings } from '../../api/LogSettings'
import type { PreviewRedaction } from '../../api/PreviewRedaction'
import type { RedactionDraft } from '../../api/RedactionDraft'
import type { RequestView } from '../../api/RequestView'
import type { SavedView } from '../../api/SavedView'
import { audit } from './audit'
import { preview } from './redaction'
import { found } from './requests'

/** What so many rows take. */
export const space = (rows: number) => ({
  rows,
  bytes: rows * 4400,
  ...(rows > 0 ? { oldest: new Date(Date.now() - 21 * 86_400_000).toISOString() } : {}),
})

export function log(rows: () => RequestView[], isEmpty: boolean) {
  let views: SavedView[] = [{ name: 'Slow failures', query: 'state:failed duration:>2s' }]
  let settings: LogSettings = { keep_days: 30, keep_megabytes: 1000 }
  let files: LogFiles = {
    gateway: { to: 'off' },
    llm: { to: 'off' },
    level: 'info',
    json: true,
    rotate_megabytes: 100,
    rotate_days: 7,
    keep_files: 10,
  }
  let rules: RedactionDraft = { off: [], own: [] }
  const filesView = () => ({ settings: files, overrides: [], lost: 0 })
  return {
    ...audit(isEmpty),
    log_files: filesView,
    save_log_files: (next: LogFiles) => {
      files = next
      return filesView()
    },
    redaction: () => rules,
    save_redaction: (next: RedactionDraft) => (rules = next),
    preview_redaction: (input: PreviewRedaction) => preview(input, rules),
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
