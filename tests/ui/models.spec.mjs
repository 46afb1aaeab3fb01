// A stranger's first minutes: add a model, route a feature to it, refuse what is wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { open, show, violations } from './support.mjs'

let control
before(async () => (control = await open()))
after(() => control?.close())

test('the sample model is added without a server', async () => {
  const { page, run } = control
  await show(page, 'Models')
  await page.getByRole('button', { name: 'Add model' }).or(page.getByRole('link', { name: 'Add model' })).first().click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  await drawer.getByRole('button', { name: 'or use the built-in sample model' }).click()
  await drawer.getByRole('textbox', { name: 'Deployment name' }).fill('demo')
  assert.deepEqual(await violations(page), [])
  await drawer.getByRole('button', { name: 'Test and save' }).click()
  await page.getByText('Added demo').waitFor()
  const [model] = JSON.parse(run(['model', 'list']))
  assert.equal(model.name, 'demo')
  assert.equal(model.is_sample, true)
})

test('an endpoint without a scheme is refused in words and kept on screen', async () => {
  const { page, run } = control
  await show(page, 'Models')
  await page.getByRole('button', { name: 'Add model' }).or(page.getByRole('link', { name: 'Add model' })).first().click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  await drawer.getByRole('textbox', { name: 'Endpoint' }).fill('localhost:8000/v1')
  await drawer.getByRole('textbox', { name: 'Deployment name' }).fill('second')
  await drawer.getByRole('button', { name: 'Save without test' }).click()
  await drawer.getByText(/http/).first().waitFor()
  assert.equal(await drawer.getByRole('textbox', { name: 'Endpoint' }).inputValue(), 'localhost:8000/v1')
  assert.equal(JSON.parse(run(['model', 'list'])).length, 1)
  await drawer.getByRole('button', { name: 'Cancel' }).click()
})

test('a feature is routed to it', async () => {
  const { page, run } = control
  await show(page, 'Features')
  await page.getByLabel(/^Model for .*Chat/).first().click()
  await page.getByRole('option', { name: /demo/ }).click()
  await page.getByRole('button', { name: /^Apply/ }).click()
  await page.getByText(/Applied/).first().waitFor()
  assert.deepEqual(JSON.parse(run(['model', 'show', 'demo'])).features, ['duo_chat'])
})

test('a model is switched off from the list', async () => {
  const { page, run } = control
  await show(page, 'Models')
  await page.getByRole('switch', { name: 'demo is on' }).click()
  await page.getByRole('switch', { name: 'demo is on', checked: false }).waitFor()
  assert.equal(JSON.parse(run(['model', 'show', 'demo'])).enabled, false)
  await page.getByRole('switch', { name: 'demo is on' }).click()
  await page.getByRole('switch', { name: 'demo is on', checked: true }).waitFor()
})
