// Cuts a FIM prompt into its tokens and the text between them, so that each can have its colour.

import type { Fim } from '../../api/Fim'

export type Kind = 'prefix' | 'suffix' | 'middle' | 'hole'
export type Piece = { text: string; kind?: Kind }

const HOLES = ['{prefix}', '{suffix}']
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What a token announces: the text after it in the template tells. */
function roleOf(token: string, template: string): Kind {
  const after = template.slice(template.indexOf(token) + token.length).trimStart()
  if (after.startsWith('{prefix}')) return 'prefix'
  return after.startsWith('{suffix}') ? 'suffix' : 'middle'
}

/** The pieces of a template or of a prompt made from it. */
export function pieces(text: string, { template, tokens }: Fim): Piece[] {
  const marks = [...tokens.filter((token) => token !== ''), ...HOLES]
  // The longest first, so that a token is not taken for the beginning of another.
  const ways = marks.toSorted((one, other) => other.length - one.length).map(literal)
  return text
    .split(new RegExp(`(${ways.join('|')})`))
    .filter((piece) => piece !== '')
    .map((piece): Piece => {
      if (text === template && HOLES.includes(piece)) return { text: piece, kind: 'hole' }
      return tokens.includes(piece) ? { text: piece, kind: roleOf(piece, template) } : { text: piece }
    })
}

/** Whether the text after the cursor comes first. */
export const isSuffixFirst = ({ template }: Fim) =>
  template.indexOf('{suffix}') < template.indexOf('{prefix}')
