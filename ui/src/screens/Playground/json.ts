// JSON that people type: where it is wrong, and its lines.

import { jsonProblem } from '../../parts/editor/json'
import { pretty } from '../../parts/exchange/json'

export { jsonProblem, type JsonProblem } from '../../parts/editor/json'

/** JSON over several lines, with its numbers digit by digit; the text as it stands when it is none. */
export const indented = (text: string): string => (jsonProblem(text) ? text : (pretty(text) ?? text))
