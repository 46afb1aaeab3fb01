// Some of the refusals before anything is sent: as those of the program, with their place.

import type { Error as ApiError } from '../../api/Error'
import type { PromptRequest } from '../../api/PromptRequest'

export function refusedPrompt({ ask, sent_as, parameters }: PromptRequest): ApiError | undefined {
  const invalid = (place: string, message: string, hint: string): ApiError => ({
    code: 'invalid',
    message,
    hint,
    place,
  })
  const messages = ask.mode === 'chat' ? ask.messages : undefined
  if (messages?.length === 0) return invalid('ask.messages', 'A conversation needs a message.', 'Write one.')
  const foreign = messages?.findIndex(
    ({ role, images, tool_calls }) =>
      role === 'system' || role === 'tool' || images?.length || tool_calls?.length,
  )
  if (sent_as === 'gitlab' && foreign !== undefined && foreign >= 0)
    return invalid(
      `ask.messages[${foreign}]`,
      'GitLab’s chat carries no such message: it has a prompt of its own.',
      'Take it out, or send it as an OpenAI-style client.',
    )
  const names = (parameters?.tools ?? []).map((tool) => tool.name)
  const twice = names.findIndex((name, at) => names.indexOf(name) < at)
  if (twice >= 0)
    return invalid(
      `parameters.tools[${twice}].name`,
      `Two tools are named ${names[twice]}.`,
      'Rename one of them.',
    )
  return undefined
}
