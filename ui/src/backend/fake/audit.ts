// Changes of settings and the service log, as the program answers.

import type { ChangeQuery } from '../../api/ChangeQuery'
import type { ChangeView } from '../../api/ChangeView'
import type { ServiceLogLine } from '../../api/ServiceLogLine'
import type { ServiceLogQuery } from '../../api/ServiceLogQuery'

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const can = { possible: true, sentence: '' }
const one = (path: string, before: string | null, after: string | null, is_secret = false) => ({
  path,
  pointer: `/${path.replaceAll(' › ', '/')}`,
  before,
  after,
  is_secret,
})

function changes(): ChangeView[] {
  const rows: Omit<ChangeView, 'id' | 'at'>[] = [
    {
      who: 'window',
      operation: 'save_model',
      sentence: 'Changed the endpoint of gpu-3',
      settings: [one('models › gpu-3 › endpoint', 'http://gpu-3:8000', 'http://gpu-3:8000/v1')],
      undo: can,
    },
    {
      who: 'command',
      operation: 'set_key',
      sentence: 'Stored the key of Claude Sonnet',
      settings: [one('models › Claude Sonnet › key', null, 'stored', true)],
      undo: {
        possible: false,
        sentence: 'Keys are not kept here, so this cannot be undone. Store the key again.',
      },
    },
    {
      who: 'itself',
      operation: '',
      sentence: 'Stopped the recording',
      settings: [one('recording › state', 'state: until\nsince: 14:15\nuntil: 14:30', 'state: off')],
      undo: { possible: false, sentence: 'Changed since: recording › state.' },
    },
    {
      who: 'browser',
      operation: 'save_gateway_settings',
      sentence: 'Changed retries of the gateway; changed queue timeout of the gateway',
      settings: [one('gateway › retries', '2', '4'), one('gateway › queue timeout', '5', '20')],
      undo: can,
    },
    {
      who: 'window',
      operation: 'set_routes',
      sentence: 'Routed Code completion to Qwen Coder',
      settings: [one('routes › code_completions', 'gpu-3', 'Qwen Coder, else gpu-3')],
      undo: can,
    },
    {
      who: 'window',
      operation: 'save_redaction',
      sentence: 'Added the redaction rule employee number',
      settings: [
        one('redaction › own › employee number', null, 'name: employee number\npattern: EMP-\\d{6}'),
      ],
      undo: can,
    },
  ]
  return rows.map((row, place) => ({ ...row, id: rows.length - place, at: ago(7 + place * place * 43) }))
}

const SAYS: [ServiceLogLine['level'], string, string, Record<string, string>][] = [
  ['info', 'control::runner', 'the gateway listens', { address: '127.0.0.1:5052' }],
  ['warning', 'control::log::keeper', 'rows wait in memory', { waiting: '12' }],
  ['error', 'gateway::gateway', 'a request panicked', {}],
  ['debug', 'gateway::load', 'a place in the queue was given', { model: 'gpu-3' }],
  ['info', 'control::operations::gitlab', 'keys were read', { instance: 'gitlab.example.org', keys: '2' }],
]

function lines(): ServiceLogLine[] {
  return Array.from({ length: 240 }, (_, place) => {
    const [level, target, message, named] = SAYS[place % SAYS.length]!
    const fields = Object.entries(named).map(([name, value]) => ({ name, value }))
    const correlation_id = level === 'error' ? '01JD9ZBQ7T3K5M8N' : null
    return { at: ago(place * 3), level, target, message, fields, correlation_id }
  })
}

const LEVELS = ['debug', 'info', 'warning', 'error']

export function audit(isEmpty: boolean) {
  let rows = isEmpty ? [] : changes()
  const said = isEmpty ? [] : lines()
  const has = (row: object, search: string) =>
    search
      .toLowerCase()
      .split(/\s+/)
      .every((word) => JSON.stringify(row).toLowerCase().includes(word))
  return {
    list_changes: ({ limit, before, search }: ChangeQuery) => {
      const found = rows.filter((row) => has(row, search))
      const older = found.filter((row) => !before || row.id < before)
      return { rows: older.slice(0, limit), matching: found.length, total: rows.length }
    },
    undo_change: (id: number) => {
      const row = rows.find((other) => other.id === id)!
      const by: ChangeView = {
        ...row,
        id: rows[0]!.id + 1,
        at: ago(0),
        operation: 'undo_change',
        sentence: `Undid change ${id}: ${row.sentence}`,
        settings: row.settings.map((one) => ({
          ...one,
          before: one.after ?? null,
          after: one.before ?? null,
        })),
        undoes: id,
      }
      const undo = { possible: false, sentence: `It was undone by change ${by.id}.` }
      rows = [by, ...rows.map((other) => (other.id === id ? { ...other, undone_by: by.id, undo } : other))]
      return by
    },
    service_log: ({ limit, before, level, search }: ServiceLogQuery) => {
      const from = Number(before ?? 0)
      const found = said.filter(
        (line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) && has(line, search),
      )
      const next = from + limit < found.length ? String(from + limit) : null
      return { rows: found.slice(from, from + limit), next, folder: '/home/ada/.local/share/gatehouse/logs' }
    },
  }
}
