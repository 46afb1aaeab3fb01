// The clock of the page ticks for as long as the page is there; the page of a test ends before its process.

import { afterAll } from 'vitest'

const begin = globalThis.setInterval
const begun: ReturnType<typeof begin>[] = []
globalThis.setInterval = ((...given: Parameters<typeof begin>) => {
  const timer = begin(...given)
  begun.push(timer)
  return timer
}) as typeof begin

afterAll(() => begun.forEach((timer) => clearInterval(timer)))
