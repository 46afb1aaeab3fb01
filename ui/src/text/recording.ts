import { count, plural } from './format'

/** `A`, `A and B`, `A, B and C`. */
const listed = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

const held = (requests: number) => plural(requests, 'request')

export const recording = {
  title: 'Recording',
  what: (features: string[]) => {
    if (features.length === 0) return 'prompts and answers of all requests'
    if (features.length <= 2) return `prompts and answers of ${listed(features)}`
    return `prompts and answers of ${features[0]} and ${features.length - 1} more features`
  },
  redaction: 'Redaction preview',
  held: (requests: number) => `${count(requests)} held`,
  ends: (at: string) => `ends ${at}`,
  endless: 'until stopped',
  left: (time: string) => `Recording · ${time} left`,
  on: 'Recording',
  start: 'Record',
  stop: 'Stop',
  stopLong: 'Stop recording',
  purge: 'Purge',
  stopped: 'The recording has ended',
  stoppedHeld: (requests: number) => `${held(requests)} held. Purge deletes what was kept.`,
  stoppedNone: 'Nothing was kept.',
  quiet: (requests: number, size: string) =>
    `Recordings hold ${size} of ${held(requests)}. Nothing is recorded now.`,
  form: {
    label: 'Start a recording',
    for: 'For',
    times: { 300: '5 min', 900: '15 min', 3600: '1 hour', 0: 'Until stopped' } as Record<number, string>,
    of: 'Of',
    all: 'All requests',
    some: 'Chosen features',
    noneChosen: 'Choose a feature.',
    kept: 'Kept: what was received, the prompt as sent, the answers with their times, and known headers. Of one body 1 MB at most.',
    never: 'Never kept: keys, tokens and cookies.',
    outside: (names: string[]) =>
      names.length > 3
        ? `Never recorded: ${names.length} models that are not self-hosted.`
        : `Never recorded: ${listed(names)}, as not self-hosted.`,
    gitlab: 'GitLab may ask for it',
    gitlabHelp:
      'A request of GitLab itself, to its own paths with a token of GitLab, is then recorded when its header asks for that, also when no recording is on. Clients in OpenAI’s style cannot ask.',
    act: 'Start recording',
  },
  purging: {
    title: 'Purge the recordings?',
    text: (bodies: number, requests: number, size: string) =>
      `${plural(bodies, 'body', 'bodies')} of ${held(requests)} (${size}) are deleted for good. The rows of the log stay, without their prompts and answers.`,
    on: 'The recording goes on: later requests are kept again.',
    cancel: 'Keep them',
    act: 'Purge',
    done: (requests: number) => `What was kept of ${held(requests)} is deleted`,
  },
}
