import type { LogLevel } from '../api/LogLevel'
import type { Who } from '../api/Who'
import { plural } from './format'

export const audit = {
  tabs: { requests: 'Requests', service: 'Service log', audit: 'Audit' },
  tabsLabel: 'Logs',
  search: 'Search the changes',
  searchHint: 'Words of a sentence, a setting or a value',
  clear: 'Clear the search',
  heads: { time: 'Time', who: 'By', what: 'Change', state: 'State' },
  who: {
    window: 'Window',
    browser: 'Browser',
    command: 'Command',
    itself: 'Gatehouse',
  } satisfies Record<Who, string>,
  undone: 'Undone',
  undo: 'Undo',
  isUndo: 'Undo',
  count: (matching: string, total: string) => ({ matching, rest: `of ${total} match` }),
  kept: 'The newest 10,000 changes are kept. Keys are not.',
  none: {
    title: 'No changes yet',
    text: 'Every change of a setting stands here, with what was there before, and can be undone.',
    act: 'Open Settings',
  },
  noMatch: {
    title: 'Nothing matches',
    text: (total: string) => `All ${total} kept changes were searched.`,
  },
  incomplete: 'The audit is not complete',
  drawer: 'Change',
  close: 'Close',
  before: 'removed',
  after: 'added',
  nothing: 'nothing',
  tooLong: 'Too long to compare line by line.',
  facts: { who: 'By', operation: 'Operation', at: 'When', number: 'Number' },
  ownDoing: 'by itself',
  undoes: (id: number) => `Undoes change ${id}`,
  undoneBy: (id: number) => `Undone by change ${id}`,
  /** What an undo does: of values that were added, of those that took the place of others, of removed ones. */
  will: (added: string[], replaced: number, removed: number) => {
    const back = replaced + removed
    const goes = added.length === 1 ? `removes ${added[0]}` : `removes ${added.length} added values`
    const comes =
      back > 1
        ? `puts ${plural(back, 'value')} back as they were before`
        : `puts the removed value back${replaced > 0 ? ' in the place of the added one' : ''}`
    return `Undo ${[...(back > 0 ? [comes] : []), ...(added.length > 0 ? [goes] : [])].join(' and ')}.`
  },
  done: 'The change was undone',
}

export const service = {
  search: 'Search the service log',
  searchHint: 'Words of a line, such as a part of the program or a correlation id',
  level: 'Level',
  levels: {
    debug: 'Everything',
    info: 'Info and above',
    warning: 'Warnings and errors',
    error: 'Errors',
  } satisfies Record<LogLevel, string>,
  level_: { debug: 'Debug', info: 'Info', warning: 'Warning', error: 'Error' } satisfies Record<
    LogLevel,
    string
  >,
  heads: { time: 'Time', level: 'Level', what: 'What it says', part: 'Part' },
  lines: (shown: number, isWhole: boolean) =>
    `${plural(shown, 'line')}${isWhole ? ', all that match' : ' so far'}`,
  looking: 'Looking through older lines…',
  folder: 'Files in',
  none: {
    title: 'Nothing is written yet',
    text: 'What Gatehouse says of itself stands here: starts and stops, warnings, errors. It holds no prompt and no key.',
  },
  noMatch: {
    title: 'Nothing matches',
    text: 'All lines of the last 14 days were searched.',
    clear: 'Clear the filters',
  },
  drawer: 'Line',
  close: 'Close',
  requests: 'Requests with this id',
  facts: { at: 'When', level: 'Level', part: 'Part', correlation: 'Correlation' },
  walk: 'walk',
}
