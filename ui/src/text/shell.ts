import type { KeyringState } from '../api/KeyringState'
import type { Screen } from '../state/router.svelte'

export const shell = {
  name: 'Gatehouse',
  screens: 'Screens',
  ask: 'Search or run',
  titles: {
    overview: 'Overview',
    models: 'Models',
    features: 'Features',
    gateway: 'Gateway',
    playground: 'Playground',
    logs: 'Logs',
  } satisfies Record<Screen, string>,
  states: {
    stopped: 'Stopped',
    starting: 'Starting',
    running: 'Running',
    draining: 'Draining',
    failed: 'Failed',
  },
  inFlight: 'in flight',
  lastError: 'Last error',
  noErrors: 'No errors yet',
  keyring: {
    unasked: 'Keyring not asked yet',
    ready: 'Keyring unlocked',
    waiting: 'Keyring is asking',
    locked: 'Keyring locked',
    unavailable: 'No keyring',
  } satisfies Record<KeyringState, string>,
  lost: 'Gatehouse does not answer. What you see may be old.',
  noAccess: {
    title: 'This link was used already',
    text: 'A link opens one session, once. Run the command again for a new one.',
    command: 'gatehouse serve --admin',
  },
}

export const palette = {
  title: 'Search or run',
  placeholder: 'Type a command, a model or a correlation id',
  nothing: 'Nothing matches. Press Enter to search the logs for it.',
  do: 'Do',
  goTo: 'Go to',
  models: 'Models',
  families: 'Model families',
  prompts: 'Prompts that GitLab asks for',
  gitlab: 'GitLab and client keys',
  start: 'Start the gateway',
  stop: 'Stop the gateway',
  restart: 'Restart the gateway',
  copyUrl: 'Copy the base URL',
  addModel: 'Add a model',
  createKey: 'Create a client key',
  theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' },
  search: (text: string) => `Search the logs for “${text}”`,
  choose: 'choose',
  run: 'run',
  close: 'close',
}
