// Recording from the screen: what a request was asked is seen, copied, and gone after a purge.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'

import { ask, eventually, open, picture, show, violations } from './support.mjs'

const SECRET_WORDS = 'a question about <b>lobsters</b>'
let control
let server
before(async () => {
  server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream', server: 'spec' })
      for (const content of ['Lobsters ', 'are blue.'])
        response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`)
      response.end('data: [DONE]\n\n')
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const endpoint = `http://127.0.0.1:${server.address().port}/v1`
  control = await open({
    commands: [['model', 'add', 'demo', '--family', 'general', '--identifier', 'lobster-1', '--endpoint', endpoint]],
  })
})
after(async () => {
  await control?.close()
  server?.closeAllConnections()
  server?.close()
})

const question = () => ({ body: { stream: true, messages: [{ role: 'user', content: SECRET_WORDS }] } })
const drawer = (page) => page.getByRole('complementary', { name: 'Request' })
async function send() {
  const answer = await ask(control.address, 'demo', question())
  assert.equal(answer.status, 200)
  await answer.text()
}

test('a row without a recording says why there is no prompt', async () => {
  const { page } = control
  await send()
  await show(page, 'Logs')
  await page.locator('[role=row][aria-selected]').first().click()
  await drawer(page).getByRole('tab', { name: 'Prompt as sent' }).click()
  await drawer(page).getByText('Nothing is kept of this request').waitFor()
  assert.equal(await drawer(page).getByRole('button', { name: 'Copy as curl' }).count(), 0)
  assert.ok(!(await page.content()).includes('lobsters'))
})

test('a recording is started on Logs and said on every screen', async () => {
  const { page } = control
  await drawer(page).getByRole('button', { name: 'Record' }).click()
  const form = page.getByRole('dialog', { name: 'Start a recording' })
  await form.getByRole('radio', { name: '5 min', exact: true }).click()
  assert.deepEqual(await violations(page), [])
  await form.getByRole('button', { name: 'Start recording' }).click()
  await page.getByText('prompts and answers of all requests').waitFor()
  for (const screen of ['Overview', 'Models', 'Features', 'Gateway', 'Playground']) {
    await show(page, screen)
    await page.getByText('prompts and answers of all requests').waitFor()
    await page.getByRole('link', { name: /^Recording · [45]:\d\d left$/ }).waitFor()
  }
})

test('a recorded request shows its prompt, the raw exchange and its moments', async () => {
  const { page } = control
  await send()
  await show(page, 'Logs')
  await page.getByRole('img', { name: 'Recorded' }).first().click()
  await drawer(page).getByRole('tab', { name: 'Prompt as sent' }).click()
  await drawer(page).getByText(SECRET_WORDS).waitFor()
  await drawer(page).getByText('Lobsters are blue.').waitFor()
  assert.deepEqual(await violations(page), [])
  await picture(page, 'logs-prompt')
  await drawer(page).getByRole('tab', { name: 'Raw' }).click()
  await drawer(page).getByText(/^POST http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions$/).waitFor()
  await drawer(page).getByText('"model": "lobster-1"').waitFor()
  assert.deepEqual(await violations(page), [])
  await drawer(page).getByRole('tab', { name: 'Timeline' }).click()
  await drawer(page).getByText('Sent to demo').waitFor()
  await drawer(page).getByRole('button', { name: 'Copy as curl' }).waitFor()
})

test('rows are exported and a query is kept under a name', async () => {
  const { page } = control
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: /^CSV/ }).click()
  await page.getByText('2 rows written').waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).fill('status:200')
  await page.getByRole('button', { name: 'Saved views' }).click()
  const views = page.getByRole('dialog', { name: 'Saved views' })
  await views.getByText('status:200').waitFor()
  await views.getByRole('textbox').fill('Good ones')
  await views.getByRole('button', { name: 'Save' }).click()
  await views.getByRole('button', { name: /^Good ones/ }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
})

test('a time is chosen with the handles of the strip', async () => {
  const { page } = control
  const search = page.getByRole('searchbox', { name: 'Search' })
  await search.fill('status:200')
  const rows = page.locator('[role=row][aria-selected]')
  await page.getByRole('slider', { name: 'Shown until' }).press('ArrowLeft')
  await eventually('the query has a time', async () => /^status:200 since:\S+ until:\S+$/.test(await search.inputValue()))
  // Both requests came in the last minute, and so after it.
  await page.getByText('Nothing matches').waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('slider', { name: 'Shown until' }).press('Escape')
  await eventually('the rows are back', async () => (await rows.count()) === 2)
  assert.equal(await search.inputValue(), 'status:200')
  await page.getByRole('img', { name: 'Recorded' }).first().click()
})

test('a purge leaves the row and takes its prompt', async () => {
  const { page } = control
  await page.getByRole('button', { name: 'Stop recording' }).click()
  await page.getByText('Nothing is recorded now.').waitFor()
  await page.getByRole('button', { name: 'Purge' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/bodies of 1 request/).waitFor()
  assert.deepEqual(await violations(page), [])
  await dialog.getByRole('button', { name: 'Purge' }).click()
  await dialog.waitFor({ state: 'detached' })
  await drawer(page).getByRole('tab', { name: 'Raw' }).click()
  await drawer(page).getByText('Nothing is kept of this request').waitFor()
  await eventually('no row is marked', async () => (await page.getByRole('img', { name: 'Recorded' }).count()) === 0)
  assert.ok(!(await page.content()).includes('lobsters'))
  assert.deepEqual(control.complaints, [])
})
