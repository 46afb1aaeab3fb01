// Our own icons on a 16 px grid, drawn with one stroke, and the shapes of a status on a 10 px grid.

export const ICONS = {
  arrow: 'M3 8h10M9 4l4 4-4 4',
  'arrow-down': 'M8 3v10M4 9l4 4 4-4',
  bookmark: 'M4 2.5h8v11l-4-3-4 3z',
  cancel: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  check: 'M3 8.5l3.3 3.3L13 4.8',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  diff: 'M8 2.5v6M5 5.5h6M5 12.5h6',
  doctor: 'M1.8 8.5h2.7l1.7-4.7 3 8.4 1.7-3.7h3.3',
  down: 'M4 6l4 4 4-4',
  edit: 'M3 13l.6-3L10.8 2.8l2.4 2.4L6 12.4zM9.3 4.3l2.4 2.4',
  export: 'M8 10V2.5M5 5.3l3-3 3 3M2.5 10v3.5h11V10',
  features: 'M3 3.5h3.2c2 0 2 4.5 4 4.5H13M3 12.5h3.2c2 0 2-4.5 4-4.5M11.2 6l2 2-2 2',
  fork: 'M4.5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11.5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM8 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM4.5 5.5c0 1.5.8 2.3 2 2.3h3c1.2 0 2-.8 2-2.3M8 7.8v2.7',
  gateway: 'M2.2 13.5v-11h3.3v3h5v-3h3.3v11h-3.3v-2.8a2.5 2.5 0 0 0-5 0v2.8z',
  history: 'M2.8 8a5.3 5.3 0 1 0 1.7-3.9M2.5 2.5v3h3M8 5.2V8l2 1.5',
  host: 'M2.5 3h11v7.5h-11zM5.5 13.5h5M8 10.5v3',
  image: 'M2.5 3h11v10h-11zM5.8 7.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4zM2.5 11.5l3-2.5 2.5 2 2.5-3 3 3',
  import: 'M8 2.5V10M5 7.2l3 3 3-3M2.5 10v3.5h11V10',
  key: 'M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.7 7.9L13.5 2M11 4.5l2 2',
  link: 'M6.8 9.2a2.7 2.7 0 0 0 3.9 0l2-2a2.7 2.7 0 0 0-3.9-3.9l-.7.7M9.2 6.8a2.7 2.7 0 0 0-3.9 0l-2 2a2.7 2.7 0 0 0 3.9 3.9l.7-.7',
  list: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  lock: 'M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  logs: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.3M2.5 8h.3M2.5 12h.3',
  models: 'M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8zM2.5 4.8L8 7.8l5.5-3M8 7.8v6.4',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  overview: 'M2.5 12.5a6 6 0 1 1 11 0M8 9.5l2.8-3.3M8 10.2a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  pin: 'M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v4.5',
  play: 'M4.5 3l8 5-8 5z',
  playground: 'M2.5 3.5h11v9h-11zM8 3.5v9M4.3 6.2h1.9M4.3 8.5h1.2M9.8 6.2h1.9M9.8 8.5h1.2',
  plus: 'M8 3v10M3 8h10',
  record: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  restart: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.3h-2.3',
  right: 'M6 4l4 4-4 4',
  search: 'M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.7 10.7L14 14',
  settings:
    'M2.5 4.5h5M11 4.5h2.5M2.5 11.5h2.5M8.5 11.5h5M9.25 2.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM6.75 9.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z',
  sliders: 'M2.5 5h11M2.5 11h11M6 3.2v3.6M10.5 9.2v3.6',
  stop: 'M4 4h8v8H4z',
  terminal: 'M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.3h2.5',
  theme: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 2.5v11M8 5l4.2-.9M8 8h5.5M8 11l4.2.9',
  trash: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.5l-3 3 3 3',
  up: 'M4 10l4-4 4 4',
  x: 'M4 4l8 8M12 4l-8 8',
} as const

export type IconName = keyof typeof ICONS

export const MARKS = {
  ok: 'M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  degraded: 'M5 .8L9.8 9.2H.2z',
  stopped: 'M1.5 1h7a.5.5 0 0 1 .5.5v7a.5.5 0 0 1-.5.5h-7a.5.5 0 0 1-.5-.5v-7a.5.5 0 0 1 .5-.5z',
  failed: 'M2.2 1L5 3.8 7.8 1 9 2.2 6.2 5 9 7.8 7.8 9 5 6.2 2.2 9 1 7.8 3.8 5 1 2.2z',
  busy: 'M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.3v5.4a2.7 2.7 0 0 1 0-5.4z',
  wait: 'M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4z',
  done: 'M8.6 1.4L9.8 2.6 4.2 8.6.4 5 1.6 3.8l2.5 2.3z',
  note: 'M5 .6L9.4 5 5 9.4.6 5z',
  rec: 'M5 .5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm0 1.2a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6zM5 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  skip: 'M1.8 4.2h6.4a.8.8 0 0 1 0 1.6H1.8a.8.8 0 0 1 0-1.6z',
} as const

export type MarkName = keyof typeof MARKS

/** What a health, a pill or a badge can say. */
export type State = 'ok' | 'degraded' | 'stopped' | 'failed' | 'busy' | 'wait'
