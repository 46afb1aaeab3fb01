// What an answer changes in a file: its code, the words around it, and the lines that come. Pure.

import type { TrialFile } from '../../../api/TrialFile'
import { diff, type Line } from '../../../parts/diff'
import { isProse, type Asked } from '../completion/suggest'

export type Answer = { code: string; said: string }

const FENCE = /^[ \t]*(```+|~~~+)[^\n]*(?:\n|$)/

/** The code of an answer and what stands around it. Without a fence all of it is code, unless it speaks. */
export function partsOf(text: string, fileName: string): Answer {
  const code: string[] = []
  const said: string[] = []
  let open: string | undefined
  for (const line of text.split(/(?<=\n)/)) {
    const fence = FENCE.exec(line)?.[1]
    if (open === undefined && fence) open = fence
    else if (open !== undefined && fence?.startsWith(open) && line.trim() === fence) {
      open = undefined
      code.push('')
    } else if (open !== undefined) code[code.length === 0 ? 0 : code.length - 1] = (code.at(-1) ?? '') + line
    else said.push(line)
  }
  if (code.length === 0 && open === undefined)
    return isProse(text, fileName) ? { code: '', said: text.trim() } : { code: text, said: '' }
  const blocks = code.map((block) => block.replace(/\s+$/, '')).filter((block) => block !== '')
  return { code: blocks.join('\n\n'), said: said.join('').trim() }
}

/** The code as it goes in: a line that is indented already is not indented twice. */
export function fitted(code: string, { prefix, suffix }: Asked): string {
  const before = prefix.slice(prefix.lastIndexOf('\n') + 1)
  const isBlank = before.trim() === ''
  const text = isBlank && before !== '' && code.startsWith(before) ? code.slice(before.length) : code
  // What stood on the line after a finished block goes on a line of its own.
  return text !== '' && isBlank && !text.endsWith('\n') && /^[^\S\n]*\S/.test(suffix) ? `${text}\n` : text
}

/** The file with the code in it, and the cursor behind it. */
export function applied(name: string, place: Asked, code: string): TrialFile {
  const text = fitted(code, place)
  const cursor = place.prefix.length + text.length
  return { name, text: place.prefix + text + place.suffix, cursor }
}

export type Shown = { kind: Line['kind'] | 'fold'; text: string; number?: number }

/** The lines that change with a few around them; nothing when that takes too long to find. */
export function changed(before: string, after: string, around = 3): Shown[] | undefined {
  const lines = diff(before, after)
  if (!lines) return undefined
  const isNear = (at: number) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some((line) => line.kind !== 'same')
  const shown: Shown[] = []
  let number = 0
  let skipped = 0
  const fold = () => {
    if (skipped > 0) shown.push({ kind: 'fold', text: String(skipped) })
    skipped = 0
  }
  lines.forEach((line, at) => {
    if (line.kind !== 'less') number++
    if (!isNear(at)) skipped++
    else {
      fold()
      shown.push({ ...line, ...(line.kind === 'less' ? {} : { number }) })
    }
  })
  fold()
  return shown
}
