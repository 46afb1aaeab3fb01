// Code cut into coloured pieces, for what is read and not edited. Knows nothing of an editor.

import { createSubscriber } from 'svelte/reactivity'

import { languageOf, languageTitle, loadedLanguage } from './languages'

export type Coloured = { text: string; className: string }
type Tools = typeof import('@lezer/highlight') & typeof import('./colours')

/** Above this a page of colours is not worth what it costs. */
const MOST = 200_000

let tools: Tools | undefined
const updates = new Set<() => void>()
const subscribe = createSubscriber((update) => {
  updates.add(update)
  return () => updates.delete(update)
})

async function load(language: string): Promise<void> {
  const [highlight, colours, found] = await Promise.all([
    import('@lezer/highlight'),
    import('./colours'),
    languageOf(language),
  ])
  tools ??= { ...highlight, ...colours }
  if (found) updates.forEach((update) => update())
}

/** What answers are written in most, first things first. */
const COMMON = ['py', 'ts', 'js', 'sh', 'rs', 'go', 'java', 'sql', 'json', 'yaml', 'html', 'css', 'cpp']
const PAUSE = 100

/**
 * Fetches the letters of code and the colours of the common languages, and uses each once, with pauses. Without this the first code of an
 * answer makes a frame that is seen, and every answer beside it stands still.
 */
export async function warm(): Promise<void> {
  const font = getComputedStyle(document.documentElement).getPropertyValue('--font-mono')
  await document.fonts.load(`12px ${font}`)
  for (const language of COMMON) {
    await load(language)
    highlighted('f(x)', language)
    await new Promise((done) => setTimeout(done, PAUSE))
  }
}

/**
 * The pieces of a code in their order, each with its class, empty for plain text. Until its language is here
 * all is plain; whoever shows it in a template or a `$derived` then hears of it.
 */
export function highlighted(code: string, language: string): Coloured[] {
  const plain = [{ text: code, className: '' }]
  if (code === '' || code.length > MOST || languageTitle(language) === undefined) return plain
  const found = loadedLanguage(language)
  if (!found || !tools) {
    subscribe()
    void load(language)
    return plain
  }
  const pieces: Coloured[] = []
  const put = (text: string, className: string) => {
    const last = pieces.at(-1)
    if (last?.className === className) last.text += text
    else pieces.push({ text, className })
  }
  tools.highlightCode(code, found.parser.parse(code), tools.colours, put, () => put('\n', ''))
  return pieces
}
