// The languages that code is coloured in, by the ending of a file or the word behind a code fence. Each is
// loaded when it is first needed, so that nobody waits for what they do not read; the common ones a moment after
// the window has opened (`warm` in `highlight.ts`).

import type { Language } from '@codemirror/language'

type Entry = {
  title: string
  /** Endings of files and words of fences; the first is how a new file ends. */
  words: string[]
  load: () => Promise<Language>
}

const legacy = async (load: () => Promise<unknown>): Promise<Language> => {
  const [{ StreamLanguage }, parser] = await Promise.all([import('@codemirror/language'), load()])
  return StreamLanguage.define(parser as Parameters<typeof StreamLanguage.define>[0])
}

const script = (is: { jsx?: boolean; typescript?: boolean }) => async () =>
  (await import('@codemirror/lang-javascript')).javascript(is).language

// prettier-ignore
const ENTRIES: Entry[] = [
  { title: 'C', words: ['c', 'h'], load: async () => (await import('@codemirror/lang-cpp')).cppLanguage },
  { title: 'C++', words: ['cpp', 'cc', 'cxx', 'hpp', 'hh', 'c++'], load: async () => (await import('@codemirror/lang-cpp')).cppLanguage },
  { title: 'CSS', words: ['css'], load: async () => (await import('@codemirror/lang-css')).cssLanguage },
  { title: 'Go', words: ['go', 'golang'], load: async () => (await import('@codemirror/lang-go')).goLanguage },
  { title: 'HTML', words: ['html', 'htm', 'xhtml'], load: async () => (await import('@codemirror/lang-html')).htmlLanguage },
  { title: 'Java', words: ['java'], load: async () => (await import('@codemirror/lang-java')).javaLanguage },
  { title: 'JavaScript', words: ['js', 'mjs', 'cjs', 'jsx', 'javascript'], load: script({ jsx: true }) },
  { title: 'JSON', words: ['json'], load: async () => (await import('@codemirror/lang-json')).jsonLanguage },
  { title: 'Markdown', words: ['md', 'markdown'], load: async () => (await import('@codemirror/lang-markdown')).markdownLanguage },
  { title: 'PHP', words: ['php', 'phtml'], load: async () => (await import('@codemirror/lang-php')).phpLanguage },
  { title: 'Python', words: ['py', 'pyi', 'python', 'python3'], load: async () => (await import('@codemirror/lang-python')).pythonLanguage },
  { title: 'Ruby', words: ['rb', 'rake', 'gemspec', 'ruby', 'rakefile', 'gemfile'], load: () => legacy(async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby) },
  { title: 'Rust', words: ['rs', 'rust'], load: async () => (await import('@codemirror/lang-rust')).rustLanguage },
  { title: 'Shell', words: ['sh', 'bash', 'zsh', 'shell', 'console'], load: () => legacy(async () => (await import('@codemirror/legacy-modes/mode/shell')).shell) },
  { title: 'SQL', words: ['sql', 'postgresql', 'mysql'], load: async () => (await import('@codemirror/lang-sql')).StandardSQL.language },
  { title: 'TypeScript', words: ['ts', 'mts', 'cts', 'typescript'], load: script({ typescript: true }) },
  { title: 'TypeScript', words: ['tsx'], load: script({ jsx: true, typescript: true }) },
  { title: 'YAML', words: ['yml', 'yaml'], load: async () => (await import('@codemirror/lang-yaml')).yamlLanguage },
]

const byWord = new Map(ENTRIES.flatMap((entry) => entry.words.map((word) => [word, entry] as const)))

/** The language of a file name, of an ending or of the word behind a code fence. */
function entryOf(name: string): Entry | undefined {
  const last = name.toLowerCase().split(/[/\\]/).at(-1) ?? ''
  return byWord.get(last.split('.').at(-1) ?? '') ?? byWord.get(last)
}

/** What people call the language of a file; nothing when it is not known. */
export const languageTitle = (name: string): string | undefined => entryOf(name)?.title

const loaded = new Map<Entry, Language>()
const loading = new Map<Entry, Promise<Language | undefined>>()

/** The language, if it is here already. */
export function loadedLanguage(name: string): Language | undefined {
  const entry = entryOf(name)
  return entry && loaded.get(entry)
}

/** Fetches the language of a file name; nothing when it is not known, or cannot be had. */
export async function languageOf(name: string): Promise<Language | undefined> {
  const entry = entryOf(name)
  if (!entry) return undefined
  let under = loading.get(entry)
  if (!under) {
    under = entry.load().then(
      (language) => {
        loaded.set(entry, language)
        return language
      },
      () => {
        // Code without colours is still code; the next look tries again.
        loading.delete(entry)
        return undefined
      },
    )
    loading.set(entry, under)
  }
  return under
}
