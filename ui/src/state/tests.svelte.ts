// Tests of models that run or have run. They outlive the screen: a slow server never holds anything up.

import { SvelteMap } from 'svelte/reactivity'

import type { ModelDraft } from '../api/ModelDraft'
import type { ModelView } from '../api/ModelView'
import type { TestReport } from '../api/TestReport'
import { asError, backend, type ApiError } from '../backend'
import { refresh } from './world.svelte'

export type Test = {
  since: number | undefined
  report?: TestReport | undefined
  error?: ApiError | undefined
}

const known = new SvelteMap<string, Test>()
let turn = 0
const turns = new Map<string, number>()

/** The id under which a model that is not saved yet is tested. */
export const NEW = 'new'

export function testOf(id: string): Test | undefined {
  return known.get(id)
}

export function draftOf(model: ModelView): ModelDraft {
  const { id, name, family, endpoint, identifier, provider, connection, enabled, self_hosted, price } = model
  return {
    id,
    name,
    family,
    endpoint,
    identifier,
    provider,
    connection,
    enabled,
    self_hosted,
    price: price ?? null,
  }
}

/** Runs a test; the answer is `undefined` when it was cancelled or could not be asked for. */
export async function run(draft: ModelDraft, key?: string): Promise<TestReport | undefined> {
  const id = draft.id ?? NEW
  const mine = ++turn
  turns.set(id, mine)
  known.set(id, { since: Date.now(), report: known.get(id)?.report })
  const isMine = () => turns.get(id) === mine
  try {
    const report = await backend.call('test_model', { draft, ...(key ? { key } : {}) })
    if (!isMine()) return undefined
    known.set(id, { since: undefined, report })
    if (draft.id) void refresh()
    return report
  } catch (thrown) {
    if (isMine()) known.set(id, { since: undefined, error: asError(thrown) })
    return undefined
  }
}

/** Stops waiting; what the server still says is not heard. */
export function cancel(id: string): void {
  turns.delete(id)
  const test = known.get(id)
  if (test) known.set(id, { ...test, since: undefined })
}

export function forget(id: string): void {
  turns.delete(id)
  known.delete(id)
}

/** Tests all that are on, a few at a time. */
export async function runAll(models: ModelView[]): Promise<void> {
  const waiting = models.filter((model) => model.enabled)
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(draftOf(next))
  }
  await Promise.all([worker(), worker(), worker()])
}
