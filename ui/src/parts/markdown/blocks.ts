// Turns the Markdown of a model into a tree of plain data. Model output is hostile: no HTML is ever read as
// HTML, an image is only its words, and a link is an address that somebody has to confirm.

import MarkdownIt from 'markdown-it'

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong'; inside: Inline[] }
  | { kind: 'em'; inside: Inline[] }
  | { kind: 's'; inside: Inline[] }
  | { kind: 'link'; href: string; inside: Inline[] }
  | { kind: 'image'; alt: string; address: string }
export type Align = 'left' | 'center' | 'right' | undefined
export type Block =
  | { kind: 'paragraph'; inside: Inline[] }
  | { kind: 'heading'; level: number; inside: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | undefined; items: Block[][] }
  | { kind: 'table'; align: Align[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' }

/** Where a block begins, in lines of its source. */
export type Placed = { line: number; block: Block }

type Token = ReturnType<typeof parser.parse>[number]
/** Definitions of links that were read so far: later blocks may refer to them. */
export type Memory = { references: Record<string, { title: string; href: string }> }

const parser = new MarkdownIt('default', { html: false, linkify: false, typographer: false })

/** Only such an address can be opened. */
export const isWeb = (href: string): boolean => /^https?:\/\//i.test(href)

/** The blocks of a text, in order. */
export function blocksOf(text: string, memory: Memory = { references: {} }): Placed[] {
  const reader = { tokens: parser.parse(text, memory), at: 0 }
  return blocks(reader)
}

type Reader = { tokens: Token[]; at: number }

/** Blocks up to the end of what they stand in, which is passed over. */
function blocks(reader: Reader): Placed[] {
  const found: Placed[] = []
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at++]!
    if (token.nesting < 0) return found
    const block = blockOf(token, reader)
    if (block) found.push({ line: token.map?.[0] ?? 0, block })
  }
  return found
}

const inner = (reader: Reader): Block[] => blocks(reader).map(({ block }) => block)

/** The words of a block that holds only words. */
function words(reader: Reader): Inline[] {
  const inside: Inline[] = []
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at++]!
    if (token.nesting < 0) break
    inside.push(...inlines({ tokens: token.children ?? [], at: 0 }))
  }
  return inside
}

function blockOf(token: Token, reader: Reader): Block | undefined {
  switch (token.type) {
    case 'paragraph_open':
      return { kind: 'paragraph', inside: words(reader) }
    case 'heading_open':
      return { kind: 'heading', level: Number(token.tag.slice(1)), inside: words(reader) }
    case 'fence':
    case 'code_block':
      return {
        kind: 'code',
        language: token.info.trim().split(/\s/)[0] ?? '',
        text: token.content.replace(/\n$/, ''),
      }
    case 'blockquote_open':
      return { kind: 'quote', blocks: inner(reader) }
    case 'bullet_list_open':
    case 'ordered_list_open': {
      const start = token.type === 'bullet_list_open' ? undefined : Number(token.attrGet('start') ?? 1)
      return { kind: 'list', start, items: items(reader) }
    }
    case 'table_open':
      return table(reader)
    case 'hr':
      return { kind: 'rule' }
    default:
      return token.content === '' ? undefined : plain(token.content)
  }
}

const plain = (text: string): Block => ({ kind: 'paragraph', inside: [{ kind: 'text', text }] })

function items(reader: Reader): Block[][] {
  const found: Block[][] = []
  while (reader.tokens[reader.at]?.type === 'list_item_open') {
    reader.at++
    found.push(inner(reader))
  }
  reader.at++
  return found
}

function table(reader: Reader): Block {
  const rows: Inline[][][] = []
  const align: Align[] = []
  for (let depth = 1; depth > 0 && reader.at < reader.tokens.length;) {
    const token = reader.tokens[reader.at++]!
    if (token.type === 'tr_open') rows.push([])
    if (token.type === 'th_open' || token.type === 'td_open') {
      const side = /text-align:(left|center|right)/.exec(String(token.attrGet('style') ?? ''))?.[1]
      if (token.type === 'th_open') align.push(side as Align)
      rows.at(-1)?.push(words(reader))
    } else depth += token.nesting
  }
  return { kind: 'table', align, head: rows[0] ?? [], rows: rows.slice(1) }
}

const SPANS: Record<string, 'strong' | 'em' | 's'> = { strong_open: 'strong', em_open: 'em', s_open: 's' }

function inlines(reader: Reader): Inline[] {
  const found: Inline[] = []
  const say = (text: string) => {
    const last = found.at(-1)
    if (last?.kind === 'text') last.text += text
    else if (text !== '') found.push({ kind: 'text', text })
  }
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at++]!
    if (token.nesting < 0) return found
    const span = SPANS[token.type]
    if (span) found.push({ kind: span, inside: inlines(reader) })
    else if (token.type === 'link_open')
      found.push({ kind: 'link', href: String(token.attrGet('href') ?? ''), inside: inlines(reader) })
    else if (token.type === 'image')
      found.push({ kind: 'image', alt: token.content, address: String(token.attrGet('src') ?? '') })
    else if (token.type === 'code_inline') found.push({ kind: 'code', text: token.content })
    else if (token.type === 'softbreak' || token.type === 'hardbreak') say('\n')
    else say(token.content)
  }
  return found
}
