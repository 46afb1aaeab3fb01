// A recorded request as a command or a program that sends it again. The key is never written into it.

import { asCode, membersOf } from './json'

export type Sent = { method: string; path: string; body: string }
export type Snippet = 'curl' | 'python' | 'javascript'

/** The variable of the environment that holds the key. */
export const KEY = 'GATEHOUSE_API_KEY'

/** One word of a shell, whatever is in it. */
export const shellWord = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

export function curl(origin: string, { method, path, body }: Sent): string {
  const lines = [`curl -N ${shellWord(origin + path)}`, `-H "Authorization: Bearer $${KEY}"`]
  // Of a body, curl makes a POST; a body that begins with @ must not become a file.
  if (body) lines.push(`-H 'Content-Type: application/json'`, `--data-raw ${shellWord(body)}`)
  if (method !== (body ? 'POST' : 'GET')) lines.push(`-X ${shellWord(method)}`)
  return lines.join(' \\\n  ')
}

const CALLS: Record<string, 'chat.completions' | 'completions'> = {
  '/v1/chat/completions': 'chat.completions',
  '/v1/completions': 'completions',
}
/** What the library takes by name; the rest goes into `extra_body`. */
const NAMED = new Set(
  'model messages prompt suffix stream stream_options temperature top_p max_tokens max_completion_tokens stop seed n tools tool_choice response_format presence_penalty frequency_penalty logprobs user'.split(
    ' ',
  ),
)

/** What the `openai` libraries can send: the paths of OpenAI with a body that is an object. */
export function isForLibrary({ path, body }: Sent): boolean {
  return CALLS[path] !== undefined && membersOf(body)?.has('model') === true
}

export function python(origin: string, { path, body }: Sent): string {
  const members = [...(membersOf(body) ?? [])]
  const others = members.filter(([name]) => !NAMED.has(name))
  const given = members.filter(([name]) => NAMED.has(name))
  const extra = `{${others.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
  const values = others.length > 0 ? [...given, ['extra_body', extra] as const] : given
  const isStream = membersOf(body)?.get('stream') === 'true'
  return `import os
from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key=os.environ["${KEY}"])
answer = client.${CALLS[path]}.create(
${values.map(([name, value]) => `  ${name}=${asCode(value, 'python', 1)},`).join('\n')}
)
${isStream ? 'for chunk in answer:\n  print(chunk)' : 'print(answer)'}
`
}

export function javascript(origin: string, { path, body }: Sent): string {
  const isStream = membersOf(body)?.get('stream') === 'true'
  return `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${JSON.stringify(`${origin}/v1`)}, apiKey: process.env.${KEY} })
const answer = await client.${CALLS[path]}.create(${asCode(body, 'javascript')})
${isStream ? 'for await (const chunk of answer) console.log(chunk)' : 'console.log(answer)'}
`
}
