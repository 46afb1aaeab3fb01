import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { use } from '../src/backend'
import { fake } from '../src/backend/fake'
import { placeOfValue } from '../src/parts/editor/json'
import { schemaProblem } from '../src/screens/Playground/schema'
import { begin, current, stopAll } from '../src/state/trial.svelte'
import { open, press, screen, type, waitFor } from './helpers'

const TYPES = 'Types are string, number, integer, boolean, object, array and null.'
const SCHEMA = 'Here must be a schema: an object in braces, true or false.'

describe('the place where JSON is no schema', () => {
  it.each([
    ['{"type": "objekt"}', 1, 10, `"objekt" is no type. ${TYPES}`],
    ['{"type": ["string", "nul"]}', 1, 21, `"nul" is no type. ${TYPES}`],
    ['{"type": 5}', 1, 10, `type is a name or a list of names. ${TYPES}`],
    ['{"type": []}', 1, 10, `type is a name or a list of names. ${TYPES}`],
    ['{\n  "properties": {\n    "a": 5\n  }\n}', 3, 10, SCHEMA],
    ['{"properties": []}', 1, 16, 'properties is an object in braces with a schema for each name.'],
    ['{"$defs": 1}', 1, 11, '$defs is an object in braces with a schema for each name.'],
    ['{"definitions": {"a": null}}', 1, 23, SCHEMA],
    ['{"patternProperties": {"^a": "b"}}', 1, 30, SCHEMA],
    ['{"required": "a"}', 1, 14, 'required is a list of names in double quotes.'],
    ['{"required": ["a", 2]}', 1, 20, 'required is a list of names in double quotes.'],
    ['{"enum": []}', 1, 10, 'enum is a list with at least one value.'],
    ['{"items": "string"}', 1, 11, SCHEMA],
    ['{"items": [{}, 1]}', 1, 16, SCHEMA],
    ['{"additionalProperties": "no"}', 1, 26, SCHEMA],
    ['{"not": {"not": []}}', 1, 17, SCHEMA],
    ['{"anyOf": []}', 1, 11, 'anyOf is a list with at least one schema.'],
    ['{"oneOf": {}}', 1, 11, 'oneOf is a list with at least one schema.'],
    ['{"allOf": [{"type": "a,b]"}]}', 1, 21, `"a,b]" is no type. ${TYPES}`],
    ['{"prefixItems": [true, 1]}', 1, 24, SCHEMA],
    ['{"minLength": -1}', 1, 15, 'minLength is a whole number from 0.'],
    ['{"maxItems": 1.5}', 1, 14, 'maxItems is a whole number from 0.'],
    ['{"minimum": "0"}', 1, 13, 'minimum is a number.'],
    ['{"pattern": 1}', 1, 13, 'pattern is a regular expression in double quotes.'],
    ['{"pattern": "[a"}', 1, 13, '"[a" is no regular expression.'],
    ['[]', 1, 1, 'A schema is an object in braces.'],
    [' true', 1, 2, 'A schema is an object in braces.'],
  ])('of %j is line %i, column %i', (text, line, column, message) => {
    expect(schemaProblem(text)).toMatchObject({ line, column, message })
  })

  it('is the first in the text', () => {
    const text = '{"properties": {"a": {"items": 5}, "b": 5}, "type": "objekt"}'
    expect(schemaProblem(text)).toMatchObject({ column: 32 })
  })

  it.each<object>([
    {},
    {
      type: 'object',
      properties: {
        type: { type: ['string', 'null'], pattern: '^(?P<first>\\w)', maxLength: 0 },
        enum: true,
      },
      required: [],
      additionalProperties: false,
      $defs: { a: { anyOf: [{ minimum: -1.5 }, { $ref: '#' }], items: [{}, false] } },
    },
    { enum: [{ type: 'objekt' }], default: { type: 5 }, const: { required: 1 }, format: 1, constructor: 5 },
    // What OpenAI wraps around a schema is sent as it stands.
    { name: 'answer', strict: true, schema: { type: 'object' } },
  ])('is nowhere in %j', (schema) => {
    expect(schemaProblem(JSON.stringify(schema))).toBeUndefined()
  })

  it('is found at any depth', () => {
    const deep = (inner: string) => '{"not":'.repeat(10_000) + inner + '}'.repeat(10_000)
    expect(schemaProblem(deep('{}'))).toBeUndefined()
    expect(schemaProblem(deep('5'))).toMatchObject({ at: 70_000 })
  })
})

it.each([
  ['{"a": 1, "a": 2}', ['a'], 14],
  ['{"a\\"}": {}, "b": [[], {"1": 1}, [0, "x"]]}', ['b', '2', '1'], 37],
  ['{"\\u0061": [1.5e-3, null]}', ['a', '1'], 20],
])('the value in %j at %j is found by its path', (text, path, at) => {
  expect(placeOfValue(text, path).at).toBe(at)
})

describe('the settings', () => {
  const send = () => screen.getByRole('button', { name: /^Send/ }).hasAttribute('disabled')

  beforeEach(async () => {
    use(fake())
    stopAll()
    const tool = { name: 'search', description: '', parameters: { type: 'object' } }
    begin({ columns: [{ model: 'duo_chat', parameters: { tools: [tool] }, turns: [] }] })
    await open('playground')
    await type('Message', 'Hello')
    await press('Settings')
  })
  afterEach(() => press('Close the settings'))

  it('mark a wrong schema at its place and do not send before it is mended', async () => {
    const label = 'JSON schema of the answer'
    await type(label, '{"type": "objekt", "properties": {"a": 5}, "required": "a"}')
    await screen.findByText(`Line 1, column 10: "objekt" is no type. ${TYPES}`)
    expect(send()).toBe(true)
    await press('Show the place')
    const field = screen.getByLabelText<HTMLTextAreaElement>(label)
    expect(document.activeElement).toBe(field)
    expect(field.selectionStart).toBe(9)
    await type(label, '{"type": "object"}')
    await waitFor(() => expect(send()).toBe(false))
    expect(current.trial.columns[0]?.parameters.schema).toEqual({ type: 'object' })
  })

  it('mark a wrong schema of a tool', async () => {
    await type('JSON schema of its arguments', '{"required": "a"}')
    await screen.findByText('Line 1, column 14: required is a list of names in double quotes.')
    expect(send()).toBe(true)
    await type('JSON schema of its arguments', '{"required": ["a"]}')
    await waitFor(() => expect(send()).toBe(false))
  })
})
