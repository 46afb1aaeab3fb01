// Cuts coloured code into steps of some lines that are shown or passed over together, so that a long block costs
// what is in sight.

import type { Coloured } from '../editor/highlight'

const LINES = 80

export function stepsOf(pieces: Coloured[]): Coloured[][] {
  const steps: Coloured[][] = [[]]
  let lines = 0
  for (const { text, className } of pieces) {
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) {
      if (++lines % LINES !== 0) continue
      // The line end itself goes: each step is a block of its own.
      if (end > from) steps.at(-1)?.push({ text: text.slice(from, end), className })
      steps.push([])
      from = end + 1
    }
    if (from < text.length) steps.at(-1)?.push({ text: text.slice(from), className })
  }
  return steps
}
