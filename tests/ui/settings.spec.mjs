// Settings from the screen: redaction tried before it is saved, retention, the audit and its undo,
// and what the program says of itself.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { ask, eventually, open, picture, show, violations } from './support.mjs'

const ADD = ['model', 'add', 'demo', '--family', 'general', '--endpoint', 'sample']
let control
before(async () => {
  control = await open({ commands: [ADD] })
})
after(() => control?.close())

const json = (...words) => JSON.parse(control.run(words).trim())
const save = (page) => page.getByRole('button', { name: /^Save/ }).click()
const saved = (page) => page.getByRole('region', { name: 'Staged changes' }).waitFor({ state: 'detached' })
const change = (page) => page.getByRole('complementary', { name: 'Change' })

test('a pattern is tried on a text, refused at its place, and saved', async () => {
  const { page } = control
  await show(page, 'Settings')
  await page.getByRole('link', { name: 'Redaction', exact: true }).click()
  await page.getByText('1 × E-mail addresses').waitFor()
  await page.getByRole('button', { name: 'Add a pattern' }).click()
  await page.getByLabel('Label of pattern 1').fill('badge')
  await page.getByLabel('Pattern 1', { exact: true }).fill('EMP-(')
  await page.getByText('unclosed group').waitFor()
  assert.equal(await page.getByLabel('Pattern 1', { exact: true }).getAttribute('aria-invalid'), 'true')
  assert.ok(await page.getByRole('button', { name: /^Save/ }).isDisabled())
  assert.deepEqual(await violations(page), [])
  await picture(page, 'settings-redaction-wrong')
  await page.getByLabel('Pattern 1', { exact: true }).fill('EMP-\\d{6}')
  await page.getByLabel('Live preview').fill('EMP-204117 and EMP-300000 wrote to ada@example.org')
  await page.getByText('2 × badge').waitFor()
  const result = page.getByLabel('As it would be written')
  assert.equal(await result.innerText(), '[REDACTED] and [REDACTED] wrote to [REDACTED]')
  assert.equal(await result.locator('mark').count(), 3)
  assert.deepEqual(json('redact', 'list').own, [], 'not saved yet')
  await save(page)
  await saved(page)
  assert.deepEqual(json('redact', 'list').own, [{ name: 'badge', pattern: 'EMP-\\d{6}' }])
})

test('how long rows are kept is saved, with the space they take beside it', async () => {
  const { page } = control
  await (await ask(control.address, 'demo')).text()
  await page.getByRole('link', { name: 'Logging and retention' }).click()
  await page.getByText(/now 1 rows?, /).waitFor()
  await page.getByLabel('Keep requests for').fill('7')
  await save(page)
  await saved(page)
  assert.equal(json('logs', 'keep').keep_days, 7)
  assert.deepEqual(await violations(page), [])
  await picture(page, 'settings-logging')
})

test('a change stands in the audit with its difference, and is undone', async () => {
  const { page } = control
  await page.getByRole('link', { name: 'Change history' }).click()
  await page.getByText('Changed how long requests are kept').click()
  await change(page).getByText('request log › keep days').waitFor()
  assert.equal((await change(page).locator('.less').textContent()).trim(), 'removed: − 30')
  assert.equal((await change(page).locator('.more').textContent()).trim(), 'added: + 7')
  assert.deepEqual(await violations(page), [])
  await picture(page, 'audit-change')
  await change(page).getByRole('button', { name: 'Undo', exact: true }).click()
  await change(page).getByRole('button', { name: /^Undoes change/ }).waitFor()
  assert.equal(json('logs', 'keep').keep_days, 30)
  const rows = page.locator('[role=row][aria-selected]')
  await eventually('the undo is a row', async () => (await rows.first().innerText()).includes('Undid change'))
  assert.match(await rows.first().innerText(), /Browser/)
  assert.deepEqual(await violations(page), [])
})

test('what a command changes is there at once, and what it changed is no longer undone', async () => {
  const { page } = control
  control.run(['redact', 'add', 'badge', 'BADGE-[0-9]+'])
  await page.getByText('Changed the redaction rule badge').waitFor()
  await page.getByText('Added the redaction rule badge').click()
  await change(page).getByText(/Changed since: redaction › own › badge/).waitFor()
  assert.equal(await change(page).getByRole('button', { name: 'Undo', exact: true }).count(), 0)
  assert.equal(json('redact', 'list').own[0].pattern, 'BADGE-[0-9]+')
  await page.reload()
  await page.getByText('Changed the redaction rule badge').click()
  await page.getByRole('gridcell', { name: 'Command', exact: true }).first().waitFor()
})

test('what the program says of itself is read and searched', async () => {
  const { page } = control
  await page.getByRole('tab', { name: 'Service log' }).click()
  await page.getByText('the gateway listens').first().waitFor()
  await page.getByRole('searchbox', { name: 'Search the service log' }).fill('no such word')
  await page.getByText('Nothing matches').waitFor()
  await page.getByRole('searchbox', { name: 'Search the service log' }).fill('LISTENS gateway')
  await page.getByText('the gateway listens').first().click()
  await page.getByRole('complementary', { name: 'Line' }).getByText('control::runner').waitFor()
  assert.deepEqual(await violations(page), [])
  await picture(page, 'service-log')
  // A browser notes the answer to the pattern that was refused on purpose.
  assert.deepEqual(control.complaints.filter((line) => !line.includes('422')), [])
})
