// Writes JSON again without reading its numbers: what was sent is shown digit by digit, and becomes
// code of other languages in which no text of it can end a string.

type Token = { kind: 'open' | 'close' | 'comma' | 'colon' | 'text' | 'word'; text: string }

const TOKENS = /\s*(?:([{[])|([}\]])|(,)|(:)|("(?:[^"\\]|\\.)*")|([^\s{}[\],:"]+))/gy

/** The tokens of a document; nothing when it is no JSON. */
function tokensOf(json: string): Token[] | undefined {
  try {
    JSON.parse(json)
  } catch {
    return undefined
  }
  const kinds = ['open', 'close', 'comma', 'colon', 'text', 'word'] as const
  return [...json.matchAll(TOKENS)].map((found): Token => {
    const at = found.slice(1).findIndex((one) => one !== undefined)
    return { kind: kinds[at] ?? 'word', text: found[at + 1] ?? '' }
  })
}

/** How a language writes what JSON writes otherwise. */
type Language = { word?: (word: string) => string; text?: (json: string, isKey: boolean) => string }

function write(tokens: Token[], { word = same, text = same }: Language, indent = 0): string {
  let depth = indent
  let written = ''
  const line = () => `\n${'  '.repeat(depth)}`
  tokens.forEach((token, at) => {
    const next = tokens[at + 1]
    if (token.kind === 'open') {
      written += token.text
      if (next?.kind !== 'close') {
        depth += 1
        written += line()
      }
    } else if (token.kind === 'close') {
      if (tokens[at - 1]?.kind !== 'open') {
        depth -= 1
        written += line()
      }
      written += token.text
    } else if (token.kind === 'comma') written += `,${line()}`
    else if (token.kind === 'colon') written += ': '
    else if (token.kind === 'text') written += text(token.text, next?.kind === 'colon')
    else written += word(token.text)
  })
  return written
}
const same = (text: string) => text

/** JSON over several lines, with every number and every text as it stood; else nothing. */
export function pretty(json: string): string | undefined {
  const tokens = tokensOf(json)
  return tokens && write(tokens, {})
}

// A JSON text may hold escapes that mean something else elsewhere: `\/`, and letters in two halves.
// These two line ends are ordinary letters in JSON alone.
const plain = (json: string) =>
  JSON.stringify(JSON.parse(json)).replace(/[\u2028\u2029\u007f]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })

const PYTHON: Language = {
  word: (word) => ({ true: 'True', false: 'False', null: 'None' })[word] ?? word,
  text: plain,
}
const JAVASCRIPT: Language = {
  // As a plain key it would set the prototype.
  text: (json, isKey) => (isKey && plain(json) === '"__proto__"' ? '["__proto__"]' : plain(json)),
}

/** A JSON value as code; the first line is not indented. */
export function asCode(json: string, language: 'python' | 'javascript', indent = 0): string {
  return write(tokensOf(json) ?? [], language === 'python' ? PYTHON : JAVASCRIPT, indent)
}

/** The members of an object, each with the text of its value as it stood; nothing for what is no object. */
export function membersOf(json: string): Map<string, string> | undefined {
  const tokens = tokensOf(json)
  if (tokens?.[0]?.text !== '{') return undefined
  const members = new Map<string, string>()
  let depth = 0
  let key = ''
  let value: Token[] = []
  const end = () => {
    if (value.length > 0) members.set(key, value.map((token) => token.text).join(''))
    value = []
  }
  for (const token of tokens) {
    if (token.kind === 'close') depth -= 1
    if (depth === 0) end()
    else if (depth === 1 && token.kind === 'comma') end()
    else if (depth === 1 && token.kind === 'colon') {
      key = JSON.parse(value.pop()?.text ?? '""') as string
    } else value.push(token)
    if (token.kind === 'open') depth += 1
  }
  return members
}
