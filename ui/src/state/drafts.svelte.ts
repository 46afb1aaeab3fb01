// Forms that are half typed. They outlive their screen until they are saved or discarded: a look elsewhere loses nothing.

import { untrack } from 'svelte'
import { SvelteMap } from 'svelte/reactivity'

const known = new SvelteMap<string, object>()

function held<Form extends object>(form: Form): Form {
  const live = $state(form)
  return live
}

/** Takes a form up again that something was typed into, or begins it. */
export function draft<Form extends object>(
  id: string,
  begin: () => Form,
  isBegun: (form: Form) => boolean,
): Form {
  return untrack(() => {
    const found = draftNamed<Form>(id)
    return found && isBegun(found) ? found : keep(id, begin())
  })
}

/** Keeps a form in the place of the one that was kept. */
export function keep<Form extends object>(id: string, form: Form): Form {
  const live = held(form)
  known.set(id, live)
  return live
}

/** A form as it was saved, with what was typed into it while the saving went on. */
export function withTyped<Form extends object>(saved: Form, sent: Form, now: Form): Form {
  const same = (name: string) =>
    JSON.stringify(sent[name as keyof Form]) === JSON.stringify(now[name as keyof Form])
  return { ...saved, ...Object.fromEntries(Object.entries(now).filter(([name]) => !same(name))) }
}

export function discard(id: string): void {
  known.delete(id)
}

export function discardAll(): void {
  known.clear()
}

/** The form that is kept under this id, if there is one. */
export const draftNamed = <Form extends object>(id: string) => known.get(id) as Form | undefined
