// JSON as it is shown.

import { jsonProblem } from '../../parts/editor/json'

/** JSON over several lines, or the text as it stands. */
export function indented(text: string): string {
  return jsonProblem(text) ? text : JSON.stringify(JSON.parse(text), null, 2)
}
