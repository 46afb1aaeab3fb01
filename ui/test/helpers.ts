// Arranges a page on a back end made of memory.

import { render, screen, waitFor } from '@testing-library/svelte'

import App from '../src/App.svelte'
import { use } from '../src/backend'
import { fake, type Fake } from '../src/backend/fake'
import { go, type Screen } from '../src/state/router.svelte'

export { fireEvent, screen, waitFor, within } from '@testing-library/svelte'

export async function open(
  name: Screen,
  path: string[] = [],
  query: Record<string, string> = {},
  back = fake(),
): Promise<Fake> {
  use(back)
  go(name, path, query)
  render(App)
  await waitFor(() => screen.getByRole('heading', { level: 1 }))
  return back
}

export async function type(label: string | RegExp, text: string): Promise<HTMLInputElement> {
  const field = (await screen.findByLabelText(label)) as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
  return field
}

export async function press(name: string | RegExp): Promise<void> {
  const button = await screen.findByRole('button', { name })
  button.click()
}

/** Holds the answers of one operation back until the returned function is called. */
export function hold(back: Fake, operation: string): () => void {
  const { call } = back
  let letGo = () => {}
  const gone = new Promise<void>((resolve) => (letGo = resolve))
  back.call = async (name, ...input) => {
    const answer = await call(name, ...input)
    if (name === operation) await gone
    return answer
  }
  return letGo
}
