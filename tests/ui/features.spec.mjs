// Routing: changes collect, are reviewed, applied and taken back; a model that does not fit is taken
// only after its reason was shown.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { ask, open, show, violations } from './support.mjs'

const sample = (name, family) => ['model', 'add', name, '--family', family, '--endpoint', 'sample']

let control
before(async () => {
  control = await open({
    commands: [
      sample('demo', 'general'),
      sample('other', 'qwen'),
      sample('coder', 'codegemma'),
      ['feature', 'set', 'duo_chat', 'demo'],
    ],
  })
})
after(() => control?.close())

const features = () => JSON.parse(control.run(['feature', 'list']))
const view = (name) => features().find((one) => one.feature === name)
const idOf = (name) => JSON.parse(control.run(['model', 'show', name])).id

/** Picks from the list of a row, by keyboard or pointer as a person would. */
async function pick(label, option) {
  const { page } = control
  await page.getByLabel(label).click()
  await page.getByRole('option', { name: option }).click()
}
const apply = async () => {
  await control.page.getByRole('button', { name: /^Apply/ }).click()
  await control.page.getByText(/^Applied/).first().waitFor()
}
const dismiss = async () => {
  const close = control.page.locator('.toasts').getByRole('button', { name: 'Close' })
  while ((await close.count()) > 0) await close.first().click()
}

test('what a feature inherits is written out', async () => {
  const { page } = control
  await show(page, 'Features')
  await page.getByLabel('Model for Fix code: follows Chat: demo').waitFor()
  assert.equal((await ask(control.address, 'duo_chat_fix_code')).status, 200)
})

test('changes are reviewed as old and new, applied together and undone', async () => {
  const { page } = control
  await show(page, 'Features')
  await pick(/^Model for Chat/, /^other/)
  await pick(/^Fallback for Chat/, /^demo/)
  await pick(/^Model for Root cause analysis/, /^Disabled/)
  assert.equal(view('duo_chat').answered_by, idOf('demo'), 'nothing changes before Apply')
  await page.getByRole('button', { name: 'Review' }).click()
  const review = page.getByRole('region', { name: 'What will change' })
  await review.getByText('other, then demo').waitFor()
  await review.getByText('Disabled').waitFor()
  assert.deepEqual(await violations(page), [])
  await apply()
  assert.deepEqual(view('duo_chat').route, { kind: 'model', model: idOf('other'), fallback: idOf('demo') })
  assert.equal(view('duo_chat_troubleshoot_job').disabled, true)
  assert.equal(view('duo_chat_fix_code').answered_by, idOf('other'))
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('The routes are as they were before').waitFor()
  assert.equal(view('duo_chat').answered_by, idOf('demo'))
  assert.equal(view('duo_chat').fallback ?? null, null)
  assert.equal(view('duo_chat_troubleshoot_job').disabled, false)
  await dismiss()
})

test('a model that does not fit is taken only after its reason was shown', async () => {
  const { page } = control
  await show(page, 'Features')
  await pick(/^Model for Code explanation/, /^coder/)
  await page.getByRole('main').getByText('CodeGemma models are not made for conversation.').waitFor()
  assert.equal(await page.getByRole('button', { name: /^Apply/ }).count(), 0, 'nothing is staged yet')
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Leave it' }).click()
  await pick(/^Model for Code explanation/, /^coder/)
  await page.getByRole('button', { name: 'Use coder all the same' }).click()
  await apply()
  assert.equal(view('duo_chat_explain_code').answered_by, idOf('coder'))
  await page.getByRole('main').getByText('CodeGemma models are not made for conversation.').waitFor()
  await dismiss()
})

test('a disabled feature answers nobody until it follows its parent again', async () => {
  const { page } = control
  await show(page, 'Features')
  await pick(/^Model for Refactor code/, /^Disabled/)
  await apply()
  assert.notEqual((await ask(control.address, 'duo_chat_refactor_code')).status, 200)
  await dismiss()
  await pick(/^Model for Refactor code/, /^Follow Chat/)
  await apply()
  assert.equal((await ask(control.address, 'duo_chat_refactor_code')).status, 200)
  await dismiss()
})

test('a whole group is set at once, by keyboard', async () => {
  const { page } = control
  await show(page, 'Features')
  await page.getByLabel(/^Set all in Merge requests/).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name: 'other' }).waitFor()
  await page.keyboard.type('other')
  await page.keyboard.press('Enter')
  await page.getByText('4 changes').waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByText('Applied 4 changes').waitFor()
  const own = features().filter((one) => one.group === 'Merge requests')
  assert.ok(own.every((one) => one.answered_by === idOf('other')))
  await dismiss()
})
