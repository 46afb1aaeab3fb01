// Logs from the screen: recordings, the query, a running request that is cancelled, the join.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { ask, eventually, open, picture, show, violations } from './support.mjs'

const SECRET_WORDS = 'a question about <b>lobsters</b>'
let control
let server
before(async () => {
  server = createServer((request, response) => {
    let asked = ''
    request.on('data', (piece) => (asked += piece))
    request.on('end', () => {
      if (asked.includes('"hang"')) return
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
const search = (page) => page.getByRole('combobox', { name: 'Search' })
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
  await drawer(page).getByText('Neither prompt nor answer is kept').waitFor()
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
  await search(page).fill('status:200')
  await eventually('the address has the query', async () => page.url().includes('status%3A200'))
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
  const text = () => new URLSearchParams(page.url().split('?').at(-1)).get('text') ?? ''
  const rows = page.locator('[role=row][aria-selected]')
  await page.getByRole('slider', { name: 'Shown until' }).press('ArrowLeft')
  await eventually('the query has a time', async () => /^status:200 since:\S+ until:\S+$/.test(text()))
  await page.getByRole('button', { name: /^Remove until:/ }).waitFor()
  // Both requests came in the last minute, and so after it.
  await page.getByText('Nothing matches').waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('slider', { name: 'Shown until' }).press('Escape')
  await eventually('the rows are back', async () => (await rows.count()) === 2)
  assert.equal(text(), 'status:200')
  await page.getByRole('img', { name: 'Recorded' }).first().click()
})

test('terms complete themselves, become chips, and a wrong one is marked where it stands', async () => {
  const { page } = control
  const rows = page.locator('[role=row][aria-selected]')
  await search(page).press('Control+a')
  await search(page).pressSequentially('stre')
  await page.getByRole('option', { name: 'streamed:' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await search(page).press('ArrowDown')
  await search(page).press('Enter')
  await search(page).press('ArrowDown')
  await search(page).press('Enter')
  await page.getByRole('button', { name: 'Remove streamed:yes' }).waitFor()
  await eventually('both rows are streams', async () => (await rows.count()) === 2)
  await search(page).pressSequentially('status:nine ')
  await page.getByText(/^status:nine\s+status takes a status such as 500/).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Remove status:nine' }).click()
  await eventually('the rows are back', async () => (await rows.count()) === 2)
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await eventually('no chip is left', async () => (await page.locator('.chip').count()) === 0)
  // The browser says that the strip of the wrong query was refused.
  control.complaints.splice(0)
})

test('a recorded word is found', async () => {
  const { page } = control
  await search(page).fill('lobsters')
  await eventually('one row has it', async () => (await page.locator('[role=row][aria-selected]').count()) === 1)
  await page.getByRole('button', { name: 'Clear the search' }).click()
})

test('a running request is cancelled from its drawer', async () => {
  const { page } = control
  const stuck = ask(control.address, 'demo', { body: { messages: [{ role: 'user', content: 'hang' }] } })
  await page.locator('[role=row][aria-selected]', { hasText: 'Running' }).click()
  await drawer(page).getByRole('tab', { name: 'Summary' }).click()
  await drawer(page).getByRole('button', { name: 'Cancel' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await drawer(page).getByRole('button', { name: 'Cancel' }).click()
  const answer = await stuck
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /admin of the gateway cancelled/)
  await drawer(page).getByText('cancelled by the admin').waitFor()
  assert.deepEqual(control.complaints, [])
})

test('an id of GitLab’s log is joined with the row and the call', async () => {
  const { page } = control
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-join-'))
  const file = join(folder, 'llm.log')
  const line = (id, message) => `${JSON.stringify({ time: new Date().toISOString(), correlation_id: id, message })}\n`
  const sent = await ask(control.address, 'demo', { ...question(), headers: { 'x-request-id': 'join-me' } })
  await sent.text()
  writeFileSync(file, line('other', 'Something else') + line('join-me', 'Received response from LLM'))
  await page.getByRole('link', { name: /^Join with GitLab/ }).first().click()
  await page.getByRole('textbox', { name: 'A log file of GitLab' }).fill(file)
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('button', { name: /join-me/ }).click()
  const moments = page.getByRole('list', { name: 'Timeline' })
  await moments.getByText('Received response from LLM').waitFor()
  await moments.getByText(/chat\/completions answered 200/).waitFor()
  await moments.getByText(/^POST \/v1\/chat\/completions from/).waitFor()
  assert.deepEqual(await violations(page), [])
  await picture(page, 'logs-join')
  await page.getByRole('textbox', { name: 'A log file of GitLab' }).fill(join(folder, 'absent.log'))
  await page.keyboard.press('Enter')
  await page.getByText(/absent\.log: no such file/).first().waitFor()
  rmSync(folder, { recursive: true })
  control.complaints.splice(0)
  await page.getByRole('link', { name: 'Back to the rows' }).click()
  await page.getByRole('img', { name: 'Recorded' }).first().click()
})

test('a purge leaves the row and takes its prompt', async () => {
  const { page } = control
  await page.getByRole('button', { name: 'Stop recording' }).click()
  await page.getByText('Nothing is recorded now.').waitFor()
  await page.getByRole('button', { name: 'Purge' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/bodies of \d requests/).waitFor()
  assert.deepEqual(await violations(page), [])
  await dialog.getByRole('button', { name: 'Purge' }).click()
  await dialog.waitFor({ state: 'detached' })
  await drawer(page).getByRole('tab', { name: 'Raw' }).click()
  await drawer(page).getByText('Neither prompt nor answer is kept').waitFor()
  await eventually('no row is marked', async () => (await page.getByRole('img', { name: 'Recorded' }).count()) === 0)
  assert.ok(!(await page.content()).includes('lobsters'))
  assert.deepEqual(control.complaints, [])
})
