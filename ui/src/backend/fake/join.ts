// A request as GitLab, the gateway and the model server tell of it.

import type { JoinedMoment } from '../../api/JoinedMoment'
import type { JoinQuery } from '../../api/JoinQuery'
import type { RequestView } from '../../api/RequestView'
import type { SeenId } from '../../api/SeenId'

const field = (name: string, value: string) => ({ name, value })

export function join(rows: () => RequestView[]) {
  const seen = (): SeenId[] =>
    rows()
      .filter((row) => row.feature === 'duo_chat')
      .slice(0, 8)
      .map((row) => ({
        correlation_id: row.correlation_id,
        at: row.started_at,
        sentence: 'POST /api/graphql answered 200',
      }))
  return {
    ids_in_file: (path: string) => ({ path, ids: seen(), damaged: 0 }),
    join: ({ correlation_id, files }: JoinQuery) => {
      const row = rows().find((one) => one.correlation_id === correlation_id)
      const start = row ? Date.parse(row.started_at) : 0
      const at = (ms: number) => new Date(start + ms).toISOString()
      const name = (files[0] ?? '').split('/').at(-1) ?? ''
      const moments: JoinedMoment[] = !row
        ? []
        : [
            ...(files.length > 0
              ? [
                  {
                    at: at(-84),
                    hop: 'gitlab' as const,
                    source: name,
                    sentence: 'POST /api/graphql answered 200',
                    fields: [
                      field('controller', 'GraphqlController'),
                      field('action', 'execute'),
                      field('database', '0.021 s'),
                    ],
                    took_ms: 96,
                  },
                  {
                    at: at(-31),
                    hop: 'gitlab' as const,
                    source: name,
                    sentence: 'Performing request to LLM',
                    fields: [
                      field('event', 'performing_request'),
                      field('component', 'abstraction_layer'),
                      field('unit primitive', 'duo_chat'),
                    ],
                  },
                ]
              : []),
            {
              at: at(0),
              hop: 'gatehouse',
              source: 'request log',
              sentence: `${row.method} ${row.path} from ${row.client}`,
              fields: [field('model', row.model), field('address', row.address ?? '–')],
              row: row.id,
            },
            {
              at: at(2),
              hop: 'upstream',
              source: 'request log',
              sentence: `asked ${row.model}`,
              fields: [field('first token after', `${row.first_token_ms ?? 0} ms`)],
              took_ms: (row.duration_ms ?? 2) - 2,
              row: row.id,
            },
            {
              at: at(row.duration_ms ?? 2),
              hop: 'gatehouse',
              source: 'request log',
              sentence: `answered ${row.status ?? ''}`,
              fields: [field('tokens out', String(row.completion_tokens ?? 0))],
              row: row.id,
            },
            ...(files.length > 0
              ? [
                  {
                    at: at((row.duration_ms ?? 2) + 6),
                    hop: 'gitlab' as const,
                    source: name,
                    sentence: 'Received response from LLM',
                    fields: [field('event', 'response_received'), field('status', '200')],
                  },
                ]
              : []),
          ]
      const joined = moments.map((moment, place) => {
        const before = moments[place - 1]
        return before ? { ...moment, after_ms: Date.parse(moment.at) - Date.parse(before.at) } : moment
      })
      const held = files.map((path) => ({
        path,
        found: row ? 3 : 0,
        lines: 4812,
        damaged: 1,
        is_cut: false,
        near: row ? [] : seen(),
      }))
      return { correlation_id, moments: joined, files: held, unread: [] }
    },
  }
}
