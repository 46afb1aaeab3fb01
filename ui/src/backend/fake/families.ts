// A choice of the built-in families, with what the screens show of them.

import type { CompletionRoute } from '../../api/CompletionRoute'
import type { FamilyRecord } from '../../api/FamilyRecord'
import type { FamilyView } from '../../api/FamilyView'
import type { Standing } from '../../api/Standing'
import type { Support } from '../../api/Support'
import type { SupportLevels } from '../../api/SupportLevels'
import type { Variant } from '../../api/Variant'

const WORDS: Record<string, Support> = { F: 'full', P: 'partial', L: 'limited', N: 'none' }
function levels(word: string): SupportLevels {
  const [completion = 'none', generation = 'none', chat = 'none'] = [...word].map((one) => WORDS[one])
  return { completion, generation, chat }
}

const FIM: CompletionRoute[] = ['raw_fim', 'server_fim', 'chat']

function family(
  name: string,
  title: string,
  standing: Standing,
  support: string,
  rest: Partial<FamilyRecord> = {},
): FamilyRecord {
  return {
    name,
    title,
    based_on: null,
    standing,
    support: levels(support),
    fim: null,
    routes: ['chat'],
    bos: 'template',
    stop: ['</s>'],
    stop_ids: [2],
    control: [],
    context: 32_768,
    refuses: [],
    reasoning: null,
    variants: [],
    remarks: '',
    ...rest,
  }
}

const variant = (
  title: string,
  standing: Standing,
  support: string,
  matches: string[][],
  rest: Partial<Variant> = {},
): Variant => ({ title, matches, standing, support: levels(support), ...rest })

const fim = (template: string, tokens: string[], forbidden: string[] = []) => ({
  template,
  tokens,
  forbidden,
  plain_without_suffix: false,
})
const BARS = ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>']
const OF_BARS = '<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>'
const DEEP = ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>']

// prettier-ignore
export const RECORDS: FamilyRecord[] = [
  family('mistral', 'Mistral', 'approved', 'PFP', {
    variants: [variant('Mistral 7B-it', 'approved', 'PFL', [['7b', 'instruct'], ['7b-it']]), variant('Mistral 7B', 'approved', 'PNN', [['7b-v0'], ['7b/']], { routes: ['raw_prefix'] })],
    remarks: 'Never trained to fill in the middle. GitLab has deprecated it since 18.3.',
  }),
  family('mixtral', 'Mixtral', 'approved', 'PFP', {
    refuses: ['system_role'],
    variants: [
      variant('Mixtral 8x22B-it', 'approved', 'FFP', [['8x22b', 'instruct'], ['8x22b-it']], { context: 65_536 }),
      variant('Mixtral 8x22B', 'approved', 'PNN', [['8x22b-v0'], ['8x22b/']], { context: 65_536, routes: ['raw_prefix'] }),
      variant('Mixtral 8x7B-it', 'approved', 'PFP', [['8x7b', 'instruct'], ['8x7b-it']]),
      variant('Mixtral 8x7B', 'approved', 'PNN', [['8x7b-v0'], ['8x7b/']], { routes: ['raw_prefix'] }),
    ],
    remarks: 'Mixtral was never trained to fill in the middle: code is completed by an instruction, or from the prefix alone by the base models. GitLab has deprecated it since 18.3.',
  }),
  family('codestral', 'Mistral Codestral', 'approved', 'FFP', {
    fim: fim('[SUFFIX]{suffix}[PREFIX]{prefix}', ['[SUFFIX]', '[PREFIX]'], ['<s>', '</s>', '[INST]', '[/INST]', '[MIDDLE]']),
    routes: FIM, bos: 'server', stop: ['</s>', '[SUFFIX]', '[PREFIX]', '[MIDDLE]'], stop_ids: [2, 11, 13], refuses: ['system_role'],
    variants: [
      variant('Codestral Mamba', 'unlisted', 'PPP', [['mamba']], { routes: ['chat'], stop: ['</s>'], context: 256_000 }),
      variant('Codestral 25', 'unlisted', 'FFP', [['codestral-25'], ['codestral-latest']], { routes: ['server_fim', 'chat'], context: 256_000, refuses: [] }),
    ],
    remarks: 'The licence of Codestral 22B (MNPL) does not allow use in production. Some of its tokenizers do not know the FIM tokens: test the model.',
  }),
  family('codellama', 'Code Llama', 'under_evaluation', 'FFN', {
    fim: fim('<PRE> {prefix} <SUF>{suffix} <MID>', ['<PRE>', '<SUF>', '<MID>'], ['<EOT>', '<s>', '</s>']), routes: ['raw_fim', 'server_fim', 'raw_prefix'], bos: 'server', stop: ['<EOT>', '</s>'], stop_ids: [2, 32_010], context: 16_384,
    variants: [variant('Code Llama 13b-code', 'under_evaluation', 'FNN', [['13b-code']]), variant('Code Llama 13b', 'under_evaluation', 'NFN', [['13b']], { routes: ['chat'] })],
  }),
  family('codegemma', 'CodeGemma', 'under_evaluation', 'FFN', {
    fim: fim(OF_BARS, BARS, ['<|file_separator|>', '<bos>', '<eos>']), routes: ['raw_fim', 'server_fim', 'raw_prefix'], bos: 'server', stop: [...BARS, '<|file_separator|>'], stop_ids: [1, 67, 68, 69], context: 8_192,
    variants: [variant('CodeGemma 7b-code', 'under_evaluation', 'FNN', [['7b-code']]), variant('CodeGemma 7b-it', 'under_evaluation', 'NFN', [['7b-it'], ['instruct']], { routes: ['chat'], refuses: ['system_role'] })],
  }),
  family('deepseekcoder', 'DeepSeek Coder', 'under_evaluation', 'FFN', {
    fim: fim(`${DEEP[0]}{prefix}${DEEP[1]}{suffix}${DEEP[2]}`, DEEP, ['<｜end▁of▁sentence｜>']), routes: FIM, bos: 'server', stop: ['<｜end▁of▁sentence｜>', '<|EOT|>'], stop_ids: [], context: 16_384,
    variants: [variant('DeepSeek Coder Base', 'under_evaluation', 'FNN', [['base']], { routes: ['raw_fim', 'server_fim', 'raw_prefix'] }), variant('DeepSeek Coder Instruct', 'under_evaluation', 'FFN', [['instruct']])],
  }),
  family('claude_3', 'Claude', 'approved', 'FFF', {
    bos: 'none', stop: [], stop_ids: [], context: 200_000, refuses: ['prefill'],
    variants: [variant('Claude 4.5', 'approved', 'FFF', [['-4-5'], ['4.5']], { refuses: [] }), variant('Claude 3.5 Sonnet', 'approved', 'FFF', [['3-5-sonnet'], ['3.5-sonnet']], { refuses: [] })],
  }),
  family('gpt', 'GPT', 'under_evaluation', 'FFF', {
    bos: 'none', stop: [], stop_ids: [], context: 128_000,
    variants: [variant('GPT-4o mini', 'under_evaluation', 'FFP', [['4o-mini']]), variant('GPT-4o', 'under_evaluation', 'FFF', [['4o']]), variant('o-series', 'unlisted', 'FFF', [['/o1'], ['/o3']], { refuses: ['temperature', 'top_p', 'max_tokens'] })],
  }),
  family('llama3', 'Llama 3', 'under_evaluation', 'PFP', { bos: 'server', routes: ['chat', 'raw_prefix'], stop: ['<|eot_id|>'], stop_ids: [128_009], context: 8_192 }),
  family('general', 'General', 'unlisted', 'PPP', { reasoning: { open: '<think>', close: '</think>' }, stop: [], stop_ids: [], remarks: 'For any other model: it is asked through chat, and code is completed by an instruction. If the model was trained to fill in the middle, copy the family that it belongs to.' }),
  family('qwen', 'Qwen Coder', 'unlisted', 'FFP', {
    fim: fim(OF_BARS, BARS, ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|repo_name|>']), routes: FIM, bos: 'none', stop: ['<|endoftext|>', '<|im_end|>', '<|repo_name|>', '<|file_sep|>'], stop_ids: [151_643, 151_645], reasoning: { open: '<think>', close: '</think>' },
    variants: [variant('Qwen3-Coder', 'unlisted', 'FFF', [['qwen3', 'coder'], ['qwen-3', 'coder']], { context: 262_144 }), variant('Qwen2.5-Coder', 'unlisted', 'FFP', [['coder']], { context: 131_072 })],
    remarks: 'Base and instruct models both fill in the middle; the base ones do it better.',
  }),
  family('starcoder2', 'StarCoder2', 'unlisted', 'FNN', { fim: fim('<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>', ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'], ['<|endoftext|>']), routes: ['raw_fim', 'server_fim', 'raw_prefix'], bos: 'none', stop: ['<|endoftext|>', '<file_sep>'], stop_ids: [], context: 16_384 }),
  family('devstral', 'Devstral and Mistral Small', 'unlisted', 'FFF', { context: 131_072 }),
  family('gpt_oss', 'gpt-oss', 'approved', 'PPP', { stop: ['<|return|>', '<|call|>'], stop_ids: [200_002, 200_012], context: 131_072 }),
]

export const OWN: FamilyRecord = {
  ...structuredClone(RECORDS[2]!),
  name: 'codestral-house',
  title: 'Codestral, our finetune',
  based_on: 'codestral',
  standing: 'unlisted',
  variants: [],
  remarks: 'Trained on our Ruby monorepo in June.',
}

/** The variants that the identifiers of the drawings and of the tests name. */
const NAMED: Record<string, string> = {
  'anthropic.claude-3-5-sonnet-20240620-v1:0': 'Claude 3.5 Sonnet',
  'codegemma:7b-instruct': 'CodeGemma 7b-it',
  'codestral-22b-v0.1': 'Codestral 22B',
  'deepseek-coder-33b-instruct': 'DeepSeek Coder Instruct',
  'eu.anthropic.claude-sonnet-4-5-20250929-v1:0': 'Claude 4.5',
  'gpt-4o': 'GPT-4o',
  'gpt-4o-mini': 'GPT-4o mini',
  'mistral-7b-instruct-v0.3': 'Mistral 7B-it',
  'Mixtral-8x7B-Instruct-v0.1': 'Mixtral 8x7B-it',
  'qwen2.5-coder-7b': 'Qwen2.5-Coder',
  'Qwen/Qwen2.5-Coder-32B-Instruct': 'Qwen2.5-Coder',
}
export const variantNamed = (record: FamilyRecord, identifier: string): Variant | undefined =>
  record.variants.find((one) => one.title === NAMED[identifier])

/** The record as it applies to an identifier. */
export function asIt(record: FamilyRecord, identifier: string): FamilyRecord {
  const found = variantNamed(record, identifier)
  if (!found) return record
  const routes = found.routes ?? record.routes
  return {
    ...record,
    title: found.title,
    standing: found.standing,
    support: found.support,
    routes,
    fim: routes.includes('raw_fim') ? (found.fim ?? record.fim ?? null) : null,
    context: found.context ?? record.context,
    refuses: found.refuses ?? record.refuses,
  }
}

export const wayOf = (record: FamilyRecord): CompletionRoute => record.routes[0] ?? 'chat'

const NOTES: Record<CompletionRoute, (title: string) => string> = {
  raw_fim: (title) => `Own FIM prompt: the one that ${title} models were trained with.`,
  server_fim: () => 'FIM by the server: it builds the prompt.',
  raw_prefix: () => 'Prefix only: the text after the cursor is not seen.',
  chat: () => 'No FIM, by chat: the model is asked with an instruction.',
}
export const note = (way: CompletionRoute, title: string) => NOTES[way](title)

export const render = (record: FamilyRecord): string | null =>
  record.fim?.template
    .replace('{prefix}', () => 'def add(a, b):\n    return ')
    .replace('{suffix}', () => '\n\nprint(add(1, 2))\n') ?? null

export const viewOf = (record: FamilyRecord, is_own: boolean, models: string[]): FamilyView => ({
  record,
  is_own,
  models,
  prompt_example: render(record),
  lead: wayOf(record),
})
