// Splits the text of a model into paragraphs, fenced code and inline code. Model output is hostile: the result
// holds plain strings only, and nothing in it is ever read as markup.

export type Span = { code: boolean; text: string }
export type Block = { kind: 'text'; spans: Span[] } | { kind: 'code'; language: string; text: string }

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/

function spans(text: string): Span[] {
  return text
    .split(/(`[^`\n]+`)/)
    .filter((piece) => piece !== '')
    .map((piece) =>
      piece.length > 2 && piece.startsWith('`') && piece.endsWith('`')
        ? { code: true, text: piece.slice(1, -1) }
        : { code: false, text: piece },
    )
}

export function blocks(answer: string): Block[] {
  const found: Block[] = []
  let text: string[] = []
  let code: { fence: string; language: string; lines: string[] } | undefined
  const flush = () => {
    const paragraph = text.join('\n').trim()
    if (paragraph !== '') found.push({ kind: 'text', spans: spans(paragraph) })
    text = []
  }
  const close = () => {
    if (code) found.push({ kind: 'code', language: code.language, text: code.lines.join('\n') })
    code = undefined
  }
  for (const line of answer.split('\n')) {
    const fence = FENCE.exec(line)
    if (code) {
      if (fence?.[1]?.startsWith(code.fence) && fence[2] === '') close()
      else code.lines.push(line)
    } else if (fence) {
      flush()
      code = { fence: fence[1] ?? '```', language: fence[2] ?? '', lines: [] }
    } else if (line.trim() === '') flush()
    else text.push(line)
  }
  // A fence that is still open is code that has not ended yet.
  close()
  flush()
  return found
}
