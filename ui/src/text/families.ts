import type { Bos } from '../api/Bos'
import type { CompletionRoute } from '../api/CompletionRoute'
import type { Field } from '../api/Field'
import type { Parameter } from '../api/Parameter'
import type { Standing } from '../api/Standing'
import type { Support } from '../api/Support'

export const KINDS = [
  ['completion', 'Completion'],
  ['generation', 'Generation'],
  ['chat', 'Chat'],
] as const

export const LEVELS: Record<Support, string> = {
  full: 'full',
  partial: 'partial',
  limited: 'limited',
  none: 'none',
}

export const STANDINGS: Record<Standing, string> = {
  approved: 'Approved by GitLab',
  under_evaluation: 'Evaluated by GitLab',
  unlisted: 'Not listed by GitLab',
}

/** The ways to complete code: in a table, in a sentence, and what they mean. */
export const WAYS: Record<CompletionRoute, { short: string; name: string; text: string }> = {
  raw_fim: {
    short: 'own FIM prompt',
    name: 'Own FIM prompt',
    text: 'The prompt that it was trained with, sent as it stands.',
  },
  server_fim: {
    short: 'FIM by the server',
    name: 'FIM by the server',
    text: 'The server builds the prompt: a suffix field, /infill or /fim/completions.',
  },
  raw_prefix: {
    short: 'prefix only',
    name: 'Prefix only',
    text: 'It goes on from the text before the cursor and does not see what follows.',
  },
  chat: {
    short: 'no FIM, by chat',
    name: 'No FIM, by chat',
    text: 'An instruction in a conversation. Slower, and it may answer in prose.',
  },
}

export const BOS: Record<Bos, string> = {
  none: 'None',
  server: 'The server writes it',
  template: 'The chat template has it',
}

export const PARAMETERS: Record<Parameter, { name: string; text: string }> = {
  temperature: { name: 'temperature', text: 'left out' },
  top_p: { name: 'top_p', text: 'left out' },
  top_k: { name: 'top_k', text: 'left out' },
  max_tokens: { name: 'max_tokens', text: 'sent as max_completion_tokens' },
  stop: { name: 'stop', text: 'left out, the answer is cut here' },
  system_role: { name: 'system turn', text: 'folded into the first user turn' },
  prefill: { name: 'prefill', text: 'left out' },
  tools: { name: 'tools', text: 'the request is refused' },
  images: { name: 'images', text: 'the request is refused' },
  json_schema: { name: 'JSON schema', text: 'the request is refused' },
}

export const families = {
  list: 'Families',
  filter: 'Filter families',
  builtIn: 'Built in',
  own: 'Your own',
  unused: 'No model has this family.',
  basedOn: 'Copied from',
  noMatch: 'No family has this in its name.',
  close: 'Close the record',
  copy: 'Copy',
  copyHelp: 'Makes a family of your own that you can edit.',
  copyName: (name: string) => `${name}-copy`,
  copyTitle: (title: string) => `${title}, copy`,
  edit: 'Edit',
  remove: 'Remove',
  removeTitle: (title: string) => `Remove ${title}?`,
  removeText: 'Its record is gone for good. The built-in families stay.',
  removeAct: 'Remove family',
  inUse: (names: string) => `${names} uses it. Give these models another family first.`,
  removed: (title: string) => `Removed ${title}`,
  saved: (title: string) => `Saved ${title}`,
  save: 'Save',
  cancel: 'Cancel',
  discard: 'Discard',
  lookAt: (field: string) => `To correct: ${field}`,
  unsaved: 'unsaved',
  kept: 'Differs from the family, and is kept as it is.',
  isNew: 'Not saved yet',
  madeFor: 'Made for',
  ways: 'Completes code by',
  noFim: 'no FIM',
  titleEmpty: 'Enter a title.',
  numberFault: 'A whole number of tokens, such as 32768.',
  idsFault: 'Numbers with a comma between, such as 2, 11.',
  variantFault: (title: string) => `The context of ${title} is a whole number of tokens, or empty.`,
  noFimText: 'It was never trained to fill in the middle.',
  template: 'FIM prompt',
  templateHelp: '{prefix} and {suffix} once each. Everything else is sent as it stands.',
  tokens: 'One token each',
  tokensHelp: 'Test asks the server whether it is so. One a line.',
  controlCount: (count: number) => `${count} control tokens`,
  models: 'Models',
  fim: 'Trained for gaps',
  forbidden: 'Kept out of files',
  forbiddenHelp: 'Control tokens that a file must not bring into a prompt. One a line.',
  plain: 'Send the prefix alone when nothing follows the cursor',
  order: { suffix: 'suffix first', prefix: 'prefix first' },
  bos: 'First token',
  stop: 'Stop texts',
  stopHelp: 'One a line.',
  stopIds: 'Stop ids',
  stopIdsHelp: 'For servers that stop by token. Numbers with a comma between.',
  context: 'Context',
  tokensUnit: 'tokens',
  refuses: 'Refuses',
  reasoning: 'Thoughts between',
  reasoningOpen: 'Before the thoughts',
  reasoningClose: 'After the thoughts',
  remarks: 'Remarks',
  record: 'Record',
  name: 'Name',
  nameHelp: 'Lower-case letters, digits, _ - and dot. It stays for good.',
  recordTitle: 'Title',
  standing: 'Standing',
  preview: 'Prompt as sent',
  previewNote: 'for a small gap in a Python file',
  legend: { prefix: 'before the cursor', suffix: 'after it', middle: 'what the model writes' },
  noPrompt: 'There is no prompt of its own.',
  promptLater: 'Stands here again once the record can be used.',
  variants: 'Variants',
  variantsNote: 'told by the identifier, the first match counts',
  variantHeads: { words: 'identifier has' },
  noVariants: 'None. Every model of this family is asked alike.',
  anyOf: ' or ',
  addVariant: 'Add a variant',
  removeVariant: (title: string) => `Remove ${title}`,
  variantTitle: 'Title of the variant',
  variantWords: 'Identifier has',
  variantWordsHolder: '8x7b instruct or 8x7b-it',
  variantWordsHelp: 'Words with a space between, in lower case; “or” begins another set.',
  variantContext: 'Context of the variant',
  sameContext: 'as family',
  differs: {
    fim: 'FIM prompt of its own',
    routes: 'completes by',
    stop: 'stops of its own',
    context: (tokens: string) => `${tokens} context`,
    refuses: (names: string[]) => (names.length > 0 ? `refuses ${names.join(', ')}` : 'refuses nothing'),
  },
  up: (name: string) => `Move ${name} up`,
  drop: (name: string) => `Leave out ${name}`,
  addWay: 'Add a way',
  hasFim: 'It was trained to fill in the middle',
}

/** The fields of a record, as their labels have them. */
export const FIELDS: Partial<Record<Field, string>> = {
  name: families.name,
  title: families.recordTitle,
  routes: families.ways,
  template: families.template,
  tokens: families.tokens,
  control: families.forbidden,
  stop: families.stop,
  stop_ids: families.stopIds,
  context: families.context,
  reasoning: families.reasoning,
  remarks: families.remarks,
  variants: families.variants,
}
