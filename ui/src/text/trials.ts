// The words of the history of the playground, and of what is made of a trial: a case, a comparison.

import { plural } from './format'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

export const history = {
  label: 'History',
  search: 'Search history',
  pinned: 'Pinned',
  today: 'Today',
  yesterday: 'Yesterday',
  week: 'Last week',
  older: 'Older',
  fromLogs: 'from Logs',
  more: (title: string) => `More for ${title}`,
  rename: 'Rename',
  name: 'Name',
  pin: 'Pin to the top',
  unpin: 'Unpin',
  fork: 'Fork',
  forkHelp: 'A copy to go on with; this one stays as it is.',
  forked: 'This is a copy now. The other one stays as it was.',
  remove: 'Delete',
  removed: (title: string) => `“${title}” deleted.`,
  undo: 'Undo',
  exportOne: 'Export',
  exportAll: 'Export all',
  import: 'Import',
  exported: (number: number) => `${plural(number, 'trial')} exported.`,
  imported: (added: number, known: number) =>
    `${plural(added, 'trial')} imported${known > 0 ? `, ${known} known already` : ''}.`,
  tooLarge: 'This file is larger than 64 MB.',
  tooLargeWhy: 'An export of the playground is JSON. Export fewer trials at once.',
  empty: 'What you try is kept here.',
  none: 'Nothing has these words.',
  showMore: 'Show more',
  act: 'More',
  copyOf: (title: string) => `Copy of ${title}`,
  close: 'Close the history',
  replays: (id: string) => `Repeats request ${id}.`,
}

/** When a trial was last changed: a time today and yesterday, then a day, then a date. */
export function when(at: string, now: number): string {
  const date = new Date(at)
  const days = daysAgo(at, now)
  if (days < 2) return `${two(date.getHours())}:${two(date.getMinutes())}`
  if (days < 7) return DAYS[date.getDay()] ?? ''
  return `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
}

/** How many midnights ago. */
export function daysAgo(at: string, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  return Math.max(0, Math.round((midnight(now) - midnight(Date.parse(at))) / 86_400_000))
}

export const compare = {
  title: 'Compare two answers',
  before: 'Answer of',
  after: 'beside that of',
  same: 'The two answers are the same.',
  tooLong: 'These answers are too long to compare.',
  close: 'Close',
}

export const saveCase = {
  title: 'Save as a case',
  text: 'A case is what is asked, and the answer to compare others with. Evaluations read it.',
  suite: 'Suite',
  suiteHelp: 'Letters, digits, space, _ and -. A new name begins a new suite.',
  suiteWrong: 'Only letters, digits, space, _ and -, up to 100.',
  suiteHolder: 'Rails questions',
  cases: (number: number) => plural(number, 'case'),
  reference: 'Answer to compare with',
  answerOf: (model: string) => `Answer of ${model}`,
  typed: 'Typed',
  none: 'None yet',
  typedLabel: 'The answer as it should be',
  save: 'Save the case',
  cancel: 'Cancel',
  saved: (suite: string) => `Saved in ${suite}.`,
  holds: (number: number) => `It holds ${plural(number, 'case')} now.`,
}
