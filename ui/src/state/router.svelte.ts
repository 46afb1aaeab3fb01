// The address after `#` decides the screen: `#/models/m4/test?from=overview`.

export const SCREENS = [
  'overview',
  'models',
  'features',
  'gateway',
  'playground',
  'logs',
  'settings',
] as const
export type Screen = (typeof SCREENS)[number]
export type Route = { screen: Screen; path: string[]; query: Record<string, string> }

function parse(hash: string): Route {
  const [before = '', after = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', ...path] = before.split('/').map(decodeURIComponent)
  const screen = SCREENS.find((name) => name === first) ?? 'overview'
  return { screen, path, query: Object.fromEntries(new URLSearchParams(after)) }
}

let current = $state.raw(parse(location.hash))
window.addEventListener('hashchange', () => (current = parse(location.hash)))

export const route = {
  get screen() {
    return current.screen
  },
  get path() {
    return current.path
  },
  get query() {
    return current.query
  },
}

export function link(screen: Screen, path: string[] = [], query: Record<string, string> = {}): string {
  const words = new URLSearchParams(query).toString()
  return `#/${[screen, ...path.map(encodeURIComponent)].join('/')}${words && `?${words}`}`
}

export function go(screen: Screen, path: string[] = [], query: Record<string, string> = {}): void {
  location.hash = link(screen, path, query)
  // `hashchange` comes a moment later; the screen should not wait for it.
  current = parse(location.hash)
}

/** Changes the address without a step in the history, as typing in a search does. */
export function swap(screen: Screen, path: string[] = [], query: Record<string, string> = {}): void {
  history.replaceState(history.state, '', link(screen, path, query))
  current = parse(location.hash)
}
