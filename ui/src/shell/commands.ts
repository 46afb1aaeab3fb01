// Everything the palette can do, as a list that is built anew whenever it opens.

import { copy } from '../parts/copy'
import type { IconName } from '../parts/icons'
import { commands as trial } from '../screens/Playground/commands'
import { gateway, restart, start, stop } from '../state/gateway.svelte'
import { recording, stop as stopRecording } from '../state/recording.svelte'
import { go, SCREENS } from '../state/router.svelte'
import { theme, type Theme } from '../state/theme.svelte'
import { tell } from '../state/toasts.svelte'
import { HEALTH } from '../state/words'
import { world } from '../state/world.svelte'
import { palette, shell } from '../text/shell'

export type Command = {
  id: string
  section: string
  icon: IconName
  title: string
  aside?: string
  hue?: number
  run: () => void
}

function actions(): Command[] {
  const state = gateway.state
  const act = (id: string, icon: IconName, title: string, run: () => void, aside?: string): Command => ({
    id,
    section: palette.do,
    icon,
    title,
    run,
    ...(aside ? { aside } : {}),
  })
  const list: Command[] = []
  if (state.state === 'running') {
    const url = state.base_url
    list.push(
      act(
        'copy',
        'copy',
        palette.copyUrl,
        () => void copy(url).then(() => tell({ kind: 'done', what: 'Copied', why: url })),
        url,
      ),
      act('restart', 'restart', palette.restart, () => void restart()),
      act('stop', 'stop', palette.stop, () => void stop()),
    )
  } else list.push(act('start', 'play', palette.start, () => void start()))
  list.push(
    act('add', 'plus', palette.addModel, () => go('models', ['new'])),
    act('key', 'key', palette.createKey, () => go('gateway', ['access', 'new'])),
  )
  const kept = recording.now
  if (kept?.is_on) list.push(act('record-stop', 'stop', palette.stopRecording, () => void stopRecording()))
  else
    list.push(
      act('record', 'record', palette.record, () => {
        go('logs')
        recording.ask('start')
      }),
    )
  if (kept && kept.requests > 0) list.push(act('purge', 'trash', palette.purge, () => recording.ask('purge')))
  for (const one of ['system', 'light', 'dark'] as Theme[])
    list.push(
      act(
        `theme-${one}`,
        'theme',
        palette.theme[one],
        () => theme.set(one),
        theme.current === one ? 'now' : undefined,
      ),
    )
  return list
}

export function commands(): Command[] {
  const screens = SCREENS.map((screen): Command => ({
    id: `go-${screen}`,
    section: palette.goTo,
    icon: screen,
    title: shell.titles[screen],
    run: () => go(screen),
  }))
  const families: Command = {
    id: 'go-families',
    section: palette.goTo,
    icon: 'models',
    title: palette.families,
    run: () => go('models', ['families']),
  }
  const prompts: Command = {
    ...families,
    id: 'go-prompts',
    title: palette.prompts,
    run: () => go('models', ['prompts']),
  }
  const gitlab: Command = {
    id: 'go-gitlab',
    section: palette.goTo,
    icon: 'gateway',
    title: palette.gitlab,
    run: () => go('gateway', ['access']),
  }
  const more: Command[] = [
    {
      id: 'go-service',
      section: palette.goTo,
      icon: 'logs',
      title: palette.service,
      run: () => go('logs', ['service']),
    },
    {
      id: 'go-audit',
      section: palette.goTo,
      icon: 'history',
      title: palette.audit,
      run: () => go('logs', ['audit']),
    },
    {
      id: 'go-redaction',
      section: palette.goTo,
      icon: 'settings',
      title: palette.redaction,
      run: () => go('settings', ['redaction']),
    },
  ]
  const models = world.models.map((model): Command => ({
    id: `model-${model.id}`,
    section: palette.models,
    icon: 'models',
    title: model.name,
    aside: HEALTH[model.health.state].word,
    hue: model.hue,
    run: () => go('models', [model.id]),
  }))
  return [...trial(), ...actions(), ...screens, families, prompts, gitlab, ...more, ...models]
}

/** Commands that hold every typed word, and the logs for whatever else was typed. */
export function matching(all: Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const found = all.filter((command) => words.every((word) => command.title.toLowerCase().includes(word)))
  if (words.length === 0) return found
  const text = typed.trim()
  return [
    ...found,
    {
      id: 'search',
      section: palette.goTo,
      icon: 'logs',
      title: palette.search(text),
      run: () => go('logs', [], { text }),
    },
  ]
}
