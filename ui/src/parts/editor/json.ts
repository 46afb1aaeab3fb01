// Where a text stops being JSON, in words. Whether it is JSON the engine itself decides.

export type Place = { at: number; line: number; column: number }
/** `isShort` when it only lacks its end. */
export type JsonProblem = Place & { message: string; isShort: boolean }

const LITERALS = ['true', 'false', 'null']
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
/** What a text that is JSON consists of, but for colons. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|[^\s{}[\],:"]+/g
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y

/** The line and the column of a place in a text, both from 1. */
export function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at)
  return { at, line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

/** What keeps a text from being JSON; nothing when it is. */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    const { at, message, isShort } = new Reader(text).find()
    return { ...placeOf(text, at), message, isShort }
  }
}

/** Where the value at a path of names and numbers begins in a text that is JSON. */
export function placeOfValue(text: string, path: string[]): Place {
  // The keys of what is open: the number in a list, the name in an object, nothing before the name.
  const open: (number | string | undefined)[] = []
  let at = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const last = open.length - 1
    const key = open[last]
    if (token === '}' || token === ']') open.pop()
    else if (token === ',') open[last] = typeof key === 'number' ? key + 1 : undefined
    else if (last >= 0 && key === undefined) open[last] = String(JSON.parse(token))
    else {
      // Of two with one name the last counts, as for JSON.parse.
      if (open.length === path.length && path.every((one, depth) => one === String(open[depth]))) at = index
      if (token === '{') open.push(undefined)
      else if (token === '[') open.push(0)
    }
  }
  return placeOf(text, at)
}

class Fault {
  constructor(
    readonly at: number,
    readonly message: string,
    readonly isShort = false,
  ) {}
}

/** Reads until the first fault. Depth costs a list entry, not a call. */
class Reader {
  at = 0
  readonly open: { close: '}' | ']'; at: number }[] = []
  constructor(readonly text: string) {}

  find(): Fault {
    try {
      this.read()
      return new Fault(this.text.length, 'This is no JSON.')
    } catch (fault) {
      if (fault instanceof Fault) return fault
      throw fault
    }
  }

  read(): void {
    this.value()
    for (;;) {
      this.space()
      const inner = this.open.at(-1)
      if (!inner) break
      const isObject = inner.close === '}'
      if (this.take(inner.close)) this.open.pop()
      else if (this.take(',')) {
        this.space()
        if (this.text[this.at] === inner.close)
          throw new Fault(this.at, `A comma before ${inner.close} is one too many.`)
        if (isObject) this.key()
        this.value()
      } else if (this.at >= this.text.length) throw this.unclosed(inner)
      else throw new Fault(this.at, `A comma or ${inner.close} is missing before this.`)
    }
    if (this.at < this.text.length) throw new Fault(this.at, 'The JSON ended before this.')
  }

  value(): void {
    for (;;) {
      this.space()
      const next = this.text[this.at]
      if (next === '{' || next === '[') {
        const close = next === '{' ? '}' : ']'
        this.open.push({ close, at: this.at++ })
        this.space()
        if (this.text[this.at] === close) return
        if (next === '{') this.key()
        continue
      }
      if (next === undefined) {
        const inner = this.open.at(-1)
        throw inner ? this.unclosed(inner) : new Fault(this.at, 'There is no value here.')
      }
      if (next === '"') return this.string()
      const literal = LITERALS.find((one) => this.text.startsWith(one, this.at))
      if (literal) {
        this.at += literal.length
        return
      }
      NUMBER.lastIndex = this.at
      const found = NUMBER.exec(this.text)
      if (!found) throw this.strange(next, 'a value')
      this.at += found[0].length
      return
    }
  }

  key(): void {
    this.space()
    const next = this.text[this.at]
    const inner = this.open.at(-1)
    if (next === undefined && inner) throw this.unclosed(inner)
    if (next !== '"') throw this.strange(next ?? '', 'a name in double quotes')
    this.string()
    this.space()
    if (!this.take(':')) throw new Fault(this.at, 'A colon is missing after the name.')
  }

  string(): void {
    const from = this.at
    TEXT.lastIndex = from
    this.at += TEXT.exec(this.text)?.[0].length ?? 1
    if (this.take('"')) return
    const next = this.text[this.at]
    if (next === '\\') throw new Fault(this.at, 'JSON does not know this escape.')
    if (next === '\n' || next === undefined)
      throw new Fault(from, 'This text is not closed on its line.', next === undefined)
    throw new Fault(this.at, 'This character must be escaped in a text.')
  }

  take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  space(): void {
    SPACE.lastIndex = this.at
    this.at += SPACE.exec(this.text)?.[0].length ?? 0
  }

  unclosed({ close, at }: { close: string; at: number }): Fault {
    return new Fault(at, `The ${close} for this is missing.`, true)
  }

  strange(next: string, wanted: string): Fault {
    if (next === "'") return new Fault(this.at, 'JSON has double quotes, not single ones.')
    if (next === '/' || next === '#') return new Fault(this.at, 'JSON has no comments.')
    return new Fault(this.at, `Here must be ${wanted}.`)
  }
}
