// Light, dark, or as the system says.

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'gatehouse-theme'

function stored(): Theme {
  const word = localStorage.getItem(KEY)
  return word === 'light' || word === 'dark' ? word : 'system'
}

let current = $state<Theme>(stored())

function show() {
  if (current === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = current
}
show()

export const theme = {
  get current() {
    return current
  },
  set(next: Theme) {
    current = next
    localStorage.setItem(KEY, next)
    show()
  },
}
