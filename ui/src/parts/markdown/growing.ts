// Markdown that grows at its end. What is finished is read once and never again: each new piece costs as much
// as the last block, however long the text is by now.

import { blocksOf, type Block, type Memory } from './blocks'

/** A block with a key that stays. */
export type Keyed = { id: number; block: Block }

/**
 * Pages of blocks: all but the last never change again, and a block stays in its page while it may. How long the
 * blocks are that may still change.
 */
export type Grown = { pages: Keyed[][]; open: number }

const PAGE = 12

/** A reader of one growing text. Give it all of the text each time; another text is read from its start. */
export function growing(): (text: string) => Grown {
  let read = ''
  let from = 0
  let next = 0
  let memory: Memory = { references: {} }
  /** Finished blocks. */
  let pages: Keyed[][] = []

  function finish(blocks: Block[]): void {
    for (const block of blocks) {
      const last = pages.at(-1)
      const keyed = { id: next++, block }
      // The page that is being filled is replaced, so that whoever shows it sees the change.
      if (last && last.length < PAGE) pages[pages.length - 1] = [...last, keyed]
      else pages.push([keyed])
    }
  }

  return (text) => {
    if (!text.startsWith(read)) {
      from = next = 0
      memory = { references: {} }
      pages = []
    }
    read = text
    const tail = text.slice(from)
    // What only the tail defines may still be half a word: it is not remembered.
    const placed = blocksOf(tail, { references: { ...memory.references } })
    // A block is finished when another begins behind it, and that one's first line is whole: half a line may
    // still turn out to be more of the block before.
    const lineEnd = tail.lastIndexOf('\n') + 1
    const starts = lineStarts(tail)
    const stays = placed.findLastIndex(({ line }) => (starts[line + 1] ?? Infinity) <= lineEnd)
    if (stays > 0) {
      finish(placed.slice(0, stays).map(({ block }) => block))
      const length = starts[placed[stays]!.line] ?? 0
      const finished = tail.slice(0, length)
      // Read alone for what it defines, where it may define a link.
      if (finished.includes(']:')) blocksOf(finished, memory)
      from += length
    }
    const rest = placed.slice(Math.max(0, stays)).map(({ block }, at) => ({ id: next + at, block }))
    const last = pages.at(-1)
    const isOpen = last && last.length < PAGE
    const before = isOpen ? pages.slice(0, -1) : pages
    const open = [...(isOpen ? last : []), ...rest]
    return { pages: open.length > 0 ? [...before, open] : [...before], open: text.length - from }
  }
}

/** Where each line begins. A parser of Markdown ends lines at CR LF, LF and CR. */
function lineStarts(text: string): number[] {
  const starts = [0]
  for (const end of text.matchAll(/\r\n|\n|\r/g)) starts.push(end.index + end[0].length)
  return starts
}
