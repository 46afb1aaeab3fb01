// Prompts to one model and to two at once, a stop in the middle, the row that each leaves, and what is kept.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { ask, eventually, open, show, violations } from './support.mjs'

const model = (name) => ['model', 'add', name, '--family', 'general', '--endpoint', 'sample']

let control
before(async () => {
  control = await open({ commands: [model('demo'), model('other')] })
})
after(() => control?.close())

const rows = () =>
  control
    .run(['logs', '--limit', '50'])
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** A new trial with this question sent to its columns. */
async function send(page, question) {
  await page.getByRole('textbox', { name: 'Message' }).fill(question)
  await page.getByRole('button', { name: /^Send/ }).click()
}
const fresh = (page) => page.getByRole('button', { name: 'New trial' }).click()

test('a prompt is answered while one watches', async () => {
  const { page } = control
  await show(page, 'Playground')
  await send(page, 'Are you there?')
  await page.getByText('TTFT').first().waitFor()
  await page.getByText('total').first().waitFor()
  assert.deepEqual(await violations(page), [])
  await eventually('its row is written', () => rows().length > 0)
  const row = rows().at(-1)
  assert.deepEqual([row.model, row.state, row.client], ['demo', 'completed', 'playground'])
})

test('two models answer at once, each with its own row', async () => {
  const { page } = control
  const before = rows().length
  await fresh(page)
  await page.getByRole('button', { name: 'Column', exact: true }).click()
  await page.getByRole('button', { name: 'Send to both' }).waitFor()
  await send(page, 'Who are you two?')
  const second = page.getByRole('region', { name: 'Column 2: other' }).first()
  await second.getByText('total').waitFor()
  await eventually('both rows are written', () => rows().length === before + 2)
  const models = rows()
    .slice(before)
    .map((row) => row.model)
  assert.deepEqual(models.toSorted(), ['demo', 'other'])
  await page.getByRole('button', { name: 'Diff' }).click()
  await page.getByRole('dialog', { name: 'Compare two answers' }).waitFor()
  await page.keyboard.press('Escape')
})

test('a stopped answer keeps what had arrived', async () => {
  const { page } = control
  await fresh(page)
  // Not in the trial before, which keeps its two.
  await page.getByRole('button', { name: 'Remove this column' }).last().click()
  await send(page, 'Tell me everything.')
  await page.getByRole('button', { name: 'Stop', exact: true }).first().click()
  await page.getByText('Stopped here. What had arrived is kept.').waitFor()
  await eventually('its row says so', () => rows().at(-1).state === 'cancelled')
})

test('what was tried is there after the window was opened again', async () => {
  const { page } = control
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor()
  await page.getByText('Stopped here. What had arrived is kept.').waitFor()
  const history = page.getByRole('complementary', { name: 'History' })
  await history.getByRole('searchbox', { name: 'Search history' }).fill('you two')
  await eventually('only what has these words is left', async () => {
    return (await history.getByRole('listitem').count()) === 1
  })
  await history.getByRole('link', { name: /Who are you two/ }).click()
  await page.getByRole('region', { name: 'Column 2: other' }).first().waitFor()
  assert.deepEqual(await violations(page), [])
})

test('the prompt as it was sent stands behind an answer', async () => {
  const { page } = control
  await fresh(page)
  await send(page, 'What did you read?')
  await page.getByText('total').first().waitFor()
  await page.getByRole('button', { name: 'Prompt as sent' }).click()
  const drawer = page.getByRole('tabpanel')
  await drawer.getByText('What did you read?').first().waitFor()
  await page.getByRole('tab', { name: 'Code' }).click()
  await drawer.getByText('GATEHOUSE_API_KEY').first().waitFor()
  await page.getByRole('button', { name: 'Close', exact: true }).first().click()
})

test('an answer leads to its row', async () => {
  const { page } = control
  await page
    .getByTitle(/^Open its row in Logs/)
    .first()
    .click()
  await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor()
  const lines = page.getByRole('grid').getByRole('row')
  await eventually('only its own row is left', async () => (await lines.count()) === 2)
  await lines.nth(1).click()
  const drawer = page.getByRole('complementary', { name: 'Request' })
  await drawer.getByText('demo').first().waitFor()
  assert.deepEqual(await violations(page), [])
})

test('a recorded request of a client is repeated in the playground', async () => {
  const { page, address } = control
  control.run(['record', 'start', '--for', '5m'])
  await ask(address, 'demo', { headers: { 'x-request-id': 'to-be-repeated' } })
  await page.goto(page.url().replace(/#.*/, '#/logs?correlation=to-be-repeated'))
  // The rows of the query before stay until those of this one come.
  await page.reload()
  const lines = page.getByRole('grid').getByRole('row')
  await eventually('its row is there', async () => (await lines.count()) === 2)
  await lines.nth(1).click()
  await page.getByRole('link', { name: 'Replay' }).click()
  await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor()
  await page.getByRole('article').getByText('hello').waitFor()
  control.run(['record', 'stop'])
})

test('a request of a client arrives in the log by itself', async () => {
  const { page, address } = control
  await show(page, 'Logs')
  await ask(address, 'nobody', {
    headers: { 'x-request-id': 'seen-in-the-log' },
  })
  // By its words: rows that were there before may still be on their way to the screen.
  await page.getByRole('grid').getByRole('row').filter({ hasText: 'nobody' }).first().click()
  const drawer = page.getByRole('complementary', { name: 'Request' })
  await drawer.getByText('seen-in-the-log').first().waitFor()
  await drawer
    .getByText(/nobody/)
    .first()
    .waitFor()
})
