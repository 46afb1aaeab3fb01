import { describe, expect, it } from 'vitest'

import { blocksOf, isWeb, type Block } from '../src/parts/markdown/blocks'
import { growing } from '../src/parts/markdown/growing'

const read = (text: string) => blocksOf(text).map(({ block }) => block)
const all = ({ pages }: ReturnType<ReturnType<typeof growing>>): Block[] =>
  pages.flat().map((one) => one.block)

const ANSWER = `# Title

A *short* paragraph
with **two** lines and \`code\`.

> a quote
#goes on lazily
# and ends

- one
- two

  still two
  1. inner

    indented

| a | b |
| :-- | --: |
| 1 | 2 |

\`\`\`\`ruby
def x
\`\`\`
end
\`\`\`\`

[ref]: https://example.org/page

See [the page][ref], ![a cat](https://evil.example/cat.png) and <b>no</b>.

Setext
======

***

last`

describe('Markdown of a model', () => {
  it('is a tree of plain data', () => {
    const blocks = read(ANSWER)
    const kinds = ['heading', 'paragraph', 'quote', 'heading', 'list', 'table', 'code', 'paragraph']
    expect(blocks.map((one) => one.kind)).toEqual([...kinds, 'heading', 'rule', 'paragraph'])
    expect(blocks[6]).toEqual({ kind: 'code', language: 'ruby', text: 'def x\n```\nend' })
    expect(blocks[5]).toMatchObject({ align: ['left', 'right'], rows: [[[{ text: '1' }], [{ text: '2' }]]] })
    const list = blocks[4] as Extract<Block, { kind: 'list' }>
    expect(list.items.map((item) => item.map((one) => one.kind))).toEqual([
      ['paragraph'],
      ['paragraph', 'paragraph', 'list', 'paragraph'],
    ])
  })

  it('reads no HTML, loads no image and opens nothing but the web', () => {
    const [paragraph] = read('<img src=x onerror="alert(1)"> ![a cat](https://evil.example/c.png) &lt;')
    expect(paragraph).toEqual({
      kind: 'paragraph',
      inside: [
        { kind: 'text', text: '<img src=x onerror="alert(1)"> ' },
        { kind: 'image', alt: 'a cat', address: 'https://evil.example/c.png' },
        { kind: 'text', text: ' <' },
      ],
    })
    expect(read('<script>alert(1)</script>')).toEqual([
      { kind: 'paragraph', inside: [{ kind: 'text', text: '<script>alert(1)</script>' }] },
    ])
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd'])
      expect(JSON.stringify(read(`[click](${bad})`))).not.toContain('"link"')
    for (const href of ['/admin', '#/models', 'mailto:a@b.c', '//evil.example', 'httpx://x'])
      expect(isWeb(href), href).toBe(false)
    expect(isWeb('HTTPS://docs.gitlab.com')).toBe(true)
  })

  it('bears text that was made to break a parser', () => {
    for (const hostile of [
      '>'.repeat(20_000),
      '['.repeat(20_000),
      '*a '.repeat(20_000),
      '`'.repeat(20_001),
      '- '.repeat(5_000),
      '|a'.repeat(5_000) + '\n' + '|-'.repeat(5_000),
      '\0\ud800[x](<\n)',
    ])
      expect(() => read(hostile)).not.toThrow()
  })

  it('is the same whether it came at once or letter by letter', () => {
    const whole = read(ANSWER)
    for (const size of [1, 7]) {
      const grow = growing()
      let last = grow('')
      for (let end = size; end < ANSWER.length + size; end += size) last = grow(ANSWER.slice(0, end))
      expect(all(last)).toEqual(whole)
    }
  })

  it('does not read or show again what is finished', () => {
    const grow = growing()
    const part = 'One **paragraph**.\n\n'
    const before = grow(part.repeat(100))
    const after = grow(`${part.repeat(100)}And more`)
    expect(after.pages.length).toBeGreaterThan(3)
    after.pages.slice(0, 3).forEach((page, at) => expect(page).toBe(before.pages[at]))
    expect(all(after).length).toBe(101)
    expect(all(grow('another text'))).toEqual(read('another text'))
  })
})
