// The words of the parameters of a prompt and of presets.

import type { PromptParameters } from '../api/PromptParameters'
import { count } from './format'

const TYPES = 'Types are string, number, integer, boolean, object, array and null.'

export const parameters = {
  title: (model: string) => `Settings of ${model}`,
  titleAll: 'Settings of all columns',
  close: 'Close the settings',
  open: 'Settings',
  defaults: 'server defaults',
  ofGitlab: 'by GitLab’s prompt',
  notSent: 'A GitLab call carries no settings',
  notSentWhy: 'GitLab’s own prompt decides them. What is set here waits for an OpenAI call.',
  names: {
    temperature: 'Temperature',
    top_p: 'Top-p',
    max_tokens: 'Most tokens out',
    stop: 'Stop texts',
    seed: 'Seed',
    frequency_penalty: 'Frequency penalty',
    presence_penalty: 'Presence penalty',
    schema: 'JSON schema of the answer',
    tools: 'Tools',
  } satisfies Record<keyof PromptParameters, string>,
  help: {
    temperature: '0 to 2: how freely it chooses its words. 0 always takes the likeliest.',
    top_p: 'Above 0, to 1: only the likeliest words that together have this share.',
    max_tokens: 'Where the answer is cut, whatever it was about to say.',
    stop: 'One in each line, 4 at most: the answer ends before such a text. \\n stands for a line end.',
    seed: 'A whole number: the same prompt gives the same answer, where the server can.',
    frequency_penalty: '-2 to 2: less of a word, the more often it was said.',
    presence_penalty: '-2 to 2: less of a word that was said at all.',
    schema: 'The answer is JSON of this form.',
    tools: 'What it may call. You type what a tool answers.',
  } satisfies Record<keyof PromptParameters, string>,
  standard: {
    temperature: 'the server’s own, often 1',
    top_p: 'the server’s own, often 1',
    max_tokens: 'up to the end of its context',
    stop: 'those of the model family',
    seed: 'another each time',
    frequency_penalty: '0',
    presence_penalty: '0',
    schema: 'free text',
    tools: 'none',
  } satisfies Record<keyof PromptParameters, string>,
  byDefault: (value: string) => `Default: ${value}.`,
  wrong: {
    temperature: 'A number from 0 to 2. Not sent until then.',
    top_p: 'A number above 0, up to 1. Not sent until then.',
    max_tokens: 'A whole number from 1. Not sent until then.',
    seed: 'A whole number. Not sent until then.',
    frequency_penalty: 'A number from -2 to 2. Not sent until then.',
    presence_penalty: 'A number from -2 to 2. Not sent until then.',
  },
  missing: 'Not offered here',
  notFor: (model: string) => `Not for ${model}.`,
  refusedByFamily: (family: string) => `${family} does not take it.`,
  refusedByModel: 'The settings of this model say that its server refuses it.',
  refusedByProvider: (provider: string) => `${provider} has no such setting.`,
  schemaHolder: '{ "type": "object", "properties": { … } }',
  schemaNoObject: 'A schema is an object in braces.',
  schemaWrong: {
    schema: 'Here must be a schema: an object in braces, true or false.',
    schemas: (keyword: string) => `${keyword} is an object in braces with a schema for each name.`,
    list: (keyword: string) => `${keyword} is a list with at least one schema.`,
    type: `type is a name or a list of names. ${TYPES}`,
    noType: (name: string) => `${JSON.stringify(name)} is no type. ${TYPES}`,
    required: 'required is a list of names in double quotes.',
    enum: 'enum is a list with at least one value.',
    whole: (keyword: string) => `${keyword} is a whole number from 0.`,
    number: (keyword: string) => `${keyword} is a number.`,
    pattern: 'pattern is a regular expression in double quotes.',
    noPattern: (text: string) => `${JSON.stringify(text)} is no regular expression.`,
  },
  addTool: 'Add a tool',
  removeTool: (name: string) => `Remove ${name || 'this tool'}`,
  tool: (place: number) => `Tool ${place}`,
  toolName: 'Name',
  toolNameWrong: 'Letters, digits, _ and -, up to 64. Not sent until then.',
  toolDescription: 'What it does',
  toolParameters: 'JSON schema of its arguments',
  mendFirst: (what: string) => `${what} is not right yet. Mend it in Settings, then send.`,
  temp: (value: number) => `temp ${value}`,
  out: (value: number) => `${count(value)} out`,
  more: (number: number) => `${number} more`,
  presets: {
    title: 'Preset',
    choose: 'Apply a preset',
    none: 'No preset yet. Save instructions and settings under a name to have them again.',
    save: 'Save as preset',
    name: 'Name of the preset',
    keep: 'Save',
    remove: (name: string) => `Remove ${name}`,
    applied: (name: string) => `${name} applied.`,
    saved: (name: string) => `${name} saved.`,
    removed: (name: string) => `${name} removed.`,
    undo: 'Undo',
  },
}

/** Parameters in a few words: `temp 0.2 · 1,024 out`. */
export function summaryOf(given: PromptParameters): string {
  const { temperature, max_tokens, tools, stop, ...others } = given
  const rest =
    Object.values(others).filter((value) => value !== null && value !== undefined).length +
    Number((tools ?? []).length > 0) +
    Number((stop ?? []).length > 0)
  const parts = [
    temperature == null ? undefined : parameters.temp(temperature),
    max_tokens == null ? undefined : parameters.out(max_tokens),
    rest > 0 ? parameters.more(rest) : undefined,
  ].filter((part) => part !== undefined)
  return parts.join(' · ') || parameters.defaults
}
