// An answer in lines that can be read: JSON over several lines, the events of a stream each likewise.

/** The text with all JSON in it written out; what is none stays as it stands. */
export function readable(text: string, pretty: (json: string) => string | undefined): string {
  const whole = pretty(text)
  if (whole !== undefined) return whole
  return text
    .split('\n')
    .map((line) => {
      const [, lead = '', rest = ''] = /^(data:\s*)?(.*)$/s.exec(line.trimEnd()) ?? []
      if (!/^[[{]/.test(rest)) return line
      return lead + (pretty(rest) ?? rest)
    })
    .join('\n')
}
