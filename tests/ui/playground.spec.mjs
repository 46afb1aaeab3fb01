// A prompt, its answer as it streams, a stop in the middle, and the row that each leaves.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { ask, eventually, open, show, violations } from './support.mjs'

let control
before(async () => {
  control = await open({ commands: [['model', 'add', 'demo', '--family', 'general', '--endpoint', 'sample']] })
})
after(() => control?.close())

const rows = () =>
  control
    .run(['logs', '--limit', '50'])
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

test('a prompt is answered while one watches', async () => {
  const { page } = control
  await show(page, 'Playground')
  await page.getByRole('textbox', { name: 'Message' }).fill('Are you there?')
  await page.getByRole('button', { name: /^Send/ }).click()
  await page.getByText('tok/s').first().waitFor()
  await page.getByText('TTFT').first().waitFor()
  assert.deepEqual(await violations(page), [])
  const row = rows().at(-1)
  assert.deepEqual([row.model, row.state, row.client], ['demo', 'completed', 'playground'])
})

test('a stopped answer keeps what had arrived', async () => {
  const { page } = control
  await show(page, 'Playground')
  await page.getByRole('textbox', { name: 'Message' }).fill('Tell me everything.')
  await page.getByRole('button', { name: /^Send/ }).click()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped here. What had arrived is kept.').waitFor()
  const row = rows().at(-1)
  assert.equal(row.state, 'cancelled')
})

test('an answer leads to its row', async () => {
  const { page } = control
  await page.getByRole('link', { name: 'Open its row in Logs' }).or(page.getByTitle('Open its row in Logs')).first().click()
  await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor()
  const lines = page.getByRole('grid').getByRole('row')
  await eventually('only its own row is left', async () => (await lines.count()) === 2)
  await lines.nth(1).click()
  const drawer = page.getByRole('complementary', { name: 'Request' })
  await drawer.getByText('demo').first().waitFor()
  assert.deepEqual(await violations(page), [])
})

test('a request of a client arrives in the log by itself', async () => {
  const { page, address } = control
  await show(page, 'Logs')
  await ask(address, 'nobody', { headers: { 'x-request-id': 'seen-in-the-log' } })
  // By its words: rows that were there before may still be on their way to the screen.
  await page.getByRole('grid').getByRole('row').filter({ hasText: 'nobody' }).first().click()
  const drawer = page.getByRole('complementary', { name: 'Request' })
  await drawer.getByText('seen-in-the-log').first().waitFor()
  await drawer.getByText(/nobody/).first().waitFor()
})
