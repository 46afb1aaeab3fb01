// What the palette can do to the trial that is open.

import type { TrialMode } from '../../api/TrialMode'
import type { Command } from '../../shell/commands'
import {
  addColumn,
  begin,
  current,
  enter,
  isRunning,
  link,
  MOST_COLUMNS,
  run,
  stopAll,
} from '../../state/trial.svelte'
import { go, route } from '../../state/router.svelte'
import { playground as words } from '../../text/playground'
import { answers } from './answers'
import { another } from './choices'
import { exportTrials } from './history/trials.svelte'
import { panels } from './panels.svelte'

const act = (id: string, icon: Command['icon'], title: string, run: () => void, aside?: string): Command => ({
  id: `trial-${id}`,
  section: words.title,
  icon,
  title,
  run,
  ...(aside ? { aside } : {}),
})

export function commands(): Command[] {
  const fresh = act('new', 'plus', words.commands.fresh, () => {
    begin()
    go('playground')
  })
  if (route.screen !== 'playground') return [fresh]
  const { mode, columns, is_linked } = current.trial
  const modes = (Object.keys(words.modes) as TrialMode[]).filter((one) => one !== mode)
  const answered = answers().length
  return [
    act('run', 'play', words.commands.run, run, words.keys),
    ...(isRunning() ? [act('stop', 'stop', words.stopAll, stopAll, 'Ctrl .')] : []),
    { ...fresh, aside: 'Ctrl N' },
    ...(columns.length < MOST_COLUMNS
      ? [
          act('column', 'plus', words.commands.column, () =>
            addColumn(another(columns.map((column) => column.model))),
          ),
        ]
      : []),
    ...modes.map((one) =>
      act(`mode-${one}`, 'playground', words.commands.mode(words.modes[one]), () => enter(one)),
    ),
    act('prompt', 'list', words.drawer.prompt, () => panels.show('prompt')),
    act('raw', 'terminal', words.commands.raw, () => panels.show('raw')),
    act('code', 'terminal', words.commands.code, () => panels.show('code')),
    act('settings', 'sliders', words.commands.settings, () => panels.settle(panels.column)),
    act('link', 'link', is_linked ? words.commands.separate : words.commands.link, () => link(!is_linked)),
    ...(answered > 1 ? [act('diff', 'diff', words.commands.diff, () => panels.ask('diff'))] : []),
    ...(answered > 0 ? [act('case', 'bookmark', words.saveAsCase, () => panels.ask('case'))] : []),
    act('history', 'history', words.history, () => panels.history(true)),
    act('export', 'export', words.commands.export, () => void exportTrials([current.id])),
  ]
}
