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
  await page.getByRole('complementary', { name: 'demo' }).getByRole('button', { name: 'Close' }).click()
  await page.getByRole('row', { name: /demo.*built in.*built in/ }).waitFor()
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
  await drawer.getByRole('button', { name: 'Discard' }).click()
})

test('what was typed is still there after a look elsewhere, and a name is refused at its field', async () => {
  const { page } = control
  await show(page, 'Models')
  await page.getByRole('link', { name: 'Add model' }).click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  const field = (name) => drawer.getByRole('textbox', { name })
  await field('Endpoint').fill('http://gpu-1:8000/v1')
  await field('Deployment name').fill('duo_chat')
  await show(page, 'Logs')
  await show(page, 'Models')
  await page.getByRole('link', { name: 'Add model unsaved' }).click()
  assert.equal(await field('Endpoint').inputValue(), 'http://gpu-1:8000/v1')
  await drawer.getByRole('button', { name: 'Save without test' }).click()
  await drawer.getByText(/is the name of a feature/).waitFor()
  assert.equal(await field('Deployment name').getAttribute('aria-invalid'), 'true')
  assert.deepEqual(await violations(page), [])
  await drawer.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('link', { name: 'Add model', exact: true }).waitFor()
})

test('the form asks what the provider needs, and a pasted identifier names it', async () => {
  const { page, run } = control
  await show(page, 'Models')
  await page.getByRole('link', { name: 'Add model' }).click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  const field = (name) => drawer.getByRole('textbox', { name })
  await field('Model identifier').fill('bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0')
  await drawer.getByText('bedrock/ in the identifier means AWS Bedrock.').waitFor()
  await drawer.getByText('Recognised as Claude 4.5').waitFor()
  await drawer.getByText(/^No FIM, by chat/).waitFor()
  await field('Region').fill('nowhere')
  await drawer.getByText(/is not a region/).waitFor()
  await field('Region').fill('eu-central-1')
  await drawer.getByText('https://bedrock-runtime.eu-central-1.amazonaws.com').first().waitFor()
  await drawer.getByLabel(/^Access by/).click()
  await page.getByRole('option', { name: 'Access key' }).click()
  await field('Access key id').fill('AKIAEXAMPLE')
  await drawer.getByLabel('Secret access key').waitFor()
  await field('Deployment name').fill('claude')
  assert.deepEqual(await violations(page), [])
  await drawer.getByRole('button', { name: 'Save without test' }).click()
  await page.getByText('Added claude').waitFor()
  const model = JSON.parse(run(['model', 'show', 'claude']))
  assert.equal(model.provider, 'bedrock')
  assert.equal(model.endpoint, '')
  assert.deepEqual(model.connection.auth, { kind: 'aws_keys', access_key_id: 'AKIAEXAMPLE' })
})

test('a provider is chosen, and what does not belong to it is refused at its field', async () => {
  const { page } = control
  await show(page, 'Models')
  await page.getByRole('link', { name: 'Add model' }).click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  const field = (name) => drawer.getByRole('textbox', { name })
  await field('Endpoint').fill('http://gpu-1:8000')
  await drawer.getByRole('button', { name: 'Append /v1' }).click()
  await drawer.getByText('http://gpu-1:8000/v1/chat/completions').waitFor()
  await field('Endpoint').fill('https://contoso.openai.azure.com')
  await drawer.getByText(/belongs to Azure OpenAI/).waitFor()
  await drawer.getByLabel(/^Provider/).click()
  await page.getByRole('option', { name: /^Azure OpenAI/ }).click()
  await field('Model identifier').fill('azure/gpt-4o')
  await drawer.getByText(/\/deployments\/gpt-4o\/chat\/completions/).waitFor()
  await drawer.getByLabel(/^Access by/).click()
  await page.getByRole('option', { name: 'Microsoft Entra ID' }).click()
  await field('Tenant').waitFor()
  await drawer.getByLabel('Client secret').waitFor()
  await field('Tenant').fill('con toso')
  await drawer.getByText(/"con toso" cannot be the tenant/).waitFor()
  assert.equal(await field('Tenant').getAttribute('aria-invalid'), 'true')
  await drawer.getByText(/\/deployments\/gpt-4o\/chat\/completions/).waitFor()
  await field('Model identifier').fill('bedrok/some-model')
  await drawer.getByText(/did you mean bedrock\//).waitFor()
  assert.equal(await field('Model identifier').getAttribute('aria-invalid'), 'true')
  await drawer.getByRole('button', { name: 'Discard' }).click()
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
