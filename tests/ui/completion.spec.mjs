// Code at the cursor, code by an instruction, and a request as it is, against the sample model.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { eventually, open, picture, show, violations } from './support.mjs'

let control
before(async () => {
  control = await open({ commands: [['model', 'add', 'demo', '--family', 'general', '--endpoint', 'sample']] })
  await show(control.page, 'Playground')
})
after(() => control?.close())

const enter = async (mode) => {
  const { page } = control
  await page.getByRole('radio', { name: mode, exact: true }).click()
  await page.locator('.cm-content').waitFor()
}
/** The file as it stands in the editor, without what is only proposed. */
const written = () =>
  control.page.locator('.cm-content').evaluate((content) => {
    const copy = content.cloneNode(true)
    for (const ghost of copy.querySelectorAll('.cm-ghost')) ghost.remove()
    return [...copy.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n')
  })
const ghost = () => control.page.locator('.cm-ghost')
const done = () => control.page.getByRole('complementary', { name: 'Candidates' }).getByText('shown after')
const latest = () =>
  JSON.parse(control.run(['logs', '--limit', '1']).split('\n').filter(Boolean).at(-1))

test('a completion is proposed, taken by word and whole, and taken back', async () => {
  const { page } = control
  await enter('Completion')
  const editor = page.locator('.cm-content')
  await editor.focus()
  const begun = await written()
  await page.keyboard.press('Alt+Backslash')
  await done().waitFor()
  const whole = await ghost().textContent()
  assert.notEqual(whole.trim(), '')
  assert.deepEqual(await violations(page), [])
  await picture(page, 'playground-completion')

  await page.keyboard.press('Control+ArrowRight')
  const rest = await ghost().textContent()
  assert.ok(whole.endsWith(rest) && rest.length < whole.length, 'a word of it is in the file')
  await page.keyboard.press('Tab')
  assert.equal((await written()).length, begun.length + whole.length)
  await page.keyboard.press('Control+z')
  assert.equal((await written()).length, begun.length + whole.length - rest.length, 'undo takes one step back')
})

test('what is asked is logged as of the playground', async () => {
  await eventually('its row', () => latest().model === 'demo')
  assert.equal(latest().client, 'playground')
})

test('a key that goes another way makes the proposal vanish, and asks anew', async () => {
  const { page } = control
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Alt+Backslash')
  await ghost().waitFor()
  await page.keyboard.type('zzz')
  assert.ok((await written()).includes('zzz'))
  // The pause after typing, then the answer to what stands there now.
  await ghost().waitFor()
  await done().waitFor()
  await page.keyboard.press('Escape')
  await ghost().waitFor({ state: 'detached' })
})

test('the keyboard gets out of the editor', async () => {
  const { page } = control
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  const isOut = await page.evaluate(() => !document.activeElement?.closest('.cm-editor'))
  assert.ok(isOut)
})

test('a generation is applied as one step', async () => {
  const { page } = control
  await enter('Generation')
  await page.getByLabel('Instruction').fill('a method that adds tax')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Apply to the file' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await picture(page, 'playground-generation')
  const begun = await written()
  await page.getByRole('button', { name: 'Apply to the file' }).click()
  await page.getByText(/^Applied to/).waitFor()
  await eventually('the file has it', async () => (await written()) !== begun)
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Control+z')
  await eventually('the file is as it was', async () => (await written()) === begun)
})

test('a body that is no JSON is not sent, and says where it is wrong', async () => {
  const { page } = control
  await enter('Raw')
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('[')
  await page.getByText(/^Line \d+, column \d+:/).waitFor()
  assert.ok(await page.getByRole('button', { name: /^Send/ }).isDisabled())
  await page.keyboard.press('Control+z')
})

test('a raw request is answered with the bytes that a client would get', async () => {
  const { page } = control
  await page.keyboard.press('Control+Enter')
  await page.getByText('status 200').waitFor()
  const answer = page.getByRole('region', { name: 'Answer' }).locator('pre')
  const text = await answer.textContent()
  assert.ok(text.startsWith('data: {') && text.trimEnd().endsWith('data: [DONE]'), text)
  await page.getByRole('radio', { name: 'Formatted' }).click()
  await eventually('it is in lines', async () => /\n {2}"/.test(await answer.textContent()))
  assert.deepEqual(await violations(page), [])
  await picture(page, 'playground-raw')
  assert.deepEqual(control.complaints, [])
})
