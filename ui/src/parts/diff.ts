// The lines of two texts side by side in one list: kept, taken away, added.

export type Line = { kind: 'same' | 'less' | 'more'; text: string }

// What a comparison may cost; two texts of a thousand lines each stay below it.
const MOST = 1_000_000

/** The shortest way from one text to the other; `undefined` when it would take too long to find. */
export function diff(before: string, after: string): Line[] | undefined {
  const one = before === '' ? [] : before.split('\n')
  const other = after === '' ? [] : after.split('\n')
  let start = 0
  while (start < one.length && start < other.length && one[start] === other[start]) start++
  let end = 0
  while (
    end < one.length - start &&
    end < other.length - start &&
    one[one.length - 1 - end] === other[other.length - 1 - end]
  )
    end++
  const middle = between(one.slice(start, one.length - end), other.slice(start, other.length - end))
  return middle && [...same(one.slice(0, start)), ...middle, ...same(one.slice(one.length - end))]
}

const same = (texts: string[]) => texts.map((text): Line => ({ kind: 'same', text }))

/** By the longest common subsequence of lines. */
function between(one: string[], other: string[]): Line[] | undefined {
  if (one.length * other.length > MOST) return undefined
  const width = other.length + 1
  const longest = new Uint32Array((one.length + 1) * width)
  const at = (row: number, column: number) => longest[row * width + column] ?? 0
  for (let row = one.length - 1; row >= 0; row--)
    for (let column = other.length - 1; column >= 0; column--)
      longest[row * width + column] =
        one[row] === other[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1))
  const lines: Line[] = []
  let row = 0
  let column = 0
  while (row < one.length || column < other.length) {
    const [mine, its] = [one[row], other[column]]
    if (mine !== undefined && mine === its) {
      lines.push({ kind: 'same', text: mine })
      row++
      column++
    } else if (mine !== undefined && (its === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ kind: 'less', text: mine })
      row++
    } else if (its !== undefined) {
      lines.push({ kind: 'more', text: its })
      column++
    }
  }
  return lines
}
