// Which part of speech of code has which colour: the classes of `.code` in data.css, here and in answers.

import { tagHighlighter, tags } from '@lezer/highlight'

export const colours = tagHighlighter([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.self, tags.null, tags.bool], class: 'k' },
  {
    tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character, tags.atom, tags.url],
    class: 's',
  },
  { tag: [tags.definition(tags.name), tags.definition(tags.propertyName), tags.className], class: 'n' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.typeName], class: 'n' },
  { tag: [tags.propertyName, tags.tagName, tags.heading, tags.macroName, tags.namespace], class: 'n' },
  { tag: [tags.number, tags.attributeName, tags.unit, tags.color], class: 'd' },
  { tag: [tags.comment, tags.meta, tags.quote], class: 'c' },
])
