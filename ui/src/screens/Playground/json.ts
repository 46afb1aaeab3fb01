// Where a JSON text is wrong, in every browser alike: by a parser that goes on after an error.

import { jsonLanguage } from '@codemirror/lang-json'

/** Line and column count from 1. `isShort` when it only lacks its end. */
export type JsonProblem = { line: number; column: number; isShort: boolean }

/** The first place at which a text is no JSON; nothing when it is. */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    const at = errorAt(text)
    const before = text.slice(0, at).split('\n')
    return {
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
      isShort: at >= text.trimEnd().length,
    }
  }
}

function errorAt(text: string): number {
  let found: number | undefined
  jsonLanguage.parser.parse(text).iterate({
    enter: (node) => {
      if (node.type.isError) found ??= node.from
      return found === undefined
    },
  })
  // What the parser forgives, such as a control letter in a string, is somewhere in the text.
  return found ?? text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\\[^"\\/bfnrtu]/) // eslint-disable-line
}

/** JSON over several lines, or the text as it stands. */
export function indented(text: string): string {
  return jsonProblem(text) ? text : JSON.stringify(JSON.parse(text), null, 2)
}
