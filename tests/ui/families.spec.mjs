// A family's record: looked at beside the form that chooses it, copied, edited and removed.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { open, picture, show, violations } from './support.mjs'

let control
before(async () => {
  control = await open({ commands: [['model', 'add', 'demo', '--family', 'mixtral', '--endpoint', 'sample']] })
})
after(() => control?.close())

const families = () => JSON.parse(control.run(['family', 'list']))
const family = (name) => families().find((one) => one.record.name === name)

async function records(name) {
  const { page } = control
  await show(page, 'Models')
  await page.getByRole('tab', { name: 'Families' }).click()
  await page.getByRole('link', { name }).click()
  return page.getByRole('region', { name: 'Record' })
}

test('a record says how its models are asked', async () => {
  const record = await records(/^Mistral Codestral/)
  await record.getByText('Own FIM prompt').waitFor()
  await record.getByText('[SUFFIX]').first().waitFor()
  for (const colorScheme of ['light', 'dark']) {
    await control.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    assert.deepEqual(await violations(control.page), [])
    await picture(control.page, `family-${colorScheme}`)
  }
  await control.page.setViewportSize({ width: 900, height: 600 })
  const wider = await control.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wider <= 0, `${wider} px wider than the smallest window`)
  await control.page.setViewportSize({ width: 1280, height: 800 })
  assert.equal(await record.getByRole('button', { name: 'Edit' }).count(), 0, 'a built-in one stays as it is')
})

test('a copy is edited with its prompt in sight, and a broken one cannot be saved', async () => {
  const { page } = control
  const record = await records(/^Mistral Codestral/)
  await record.getByRole('button', { name: 'Copy' }).click()
  await record.getByRole('textbox', { name: 'Title', exact: true }).fill('House Codestral')
  await record.getByRole('textbox', { name: 'FIM prompt' }).fill('[PREFIX]{prefix}')
  await record.getByText(/needs \{prefix\} and \{suffix\} once each/).waitFor()
  assert.equal(await record.getByRole('textbox', { name: 'FIM prompt' }).getAttribute('aria-invalid'), 'true')
  assert.equal(await record.getByRole('button', { name: 'Save' }).isDisabled(), true)
  await show(page, 'Logs')
  await show(page, 'Models')
  await page.getByRole('tab', { name: 'Families' }).click()
  await page.getByRole('link', { name: /^Mistral Codestral unsaved/ }).click()
  await record.getByRole('textbox', { name: 'Context', exact: true }).fill('many')
  await record.getByRole('textbox', { name: 'FIM prompt' }).fill('[PREFIX]{prefix}[SUFFIX]{suffix}')
  await record.getByRole('button', { name: 'To correct: Context' }).click()
  await record.getByRole('textbox', { name: 'Context', exact: true }).fill('32000')
  await record.getByRole('textbox', { name: 'FIM prompt' }).fill('[PREFIX]{prefix}[SUFFIX]{suffix}')
  await record.locator('pre', { hasText: '[PREFIX]def add(a, b):' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await record.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved House Codestral').waitFor()
  const saved = family('codestral-copy')
  assert.equal(saved.is_own, true)
  assert.equal(saved.record.fim.template, '[PREFIX]{prefix}[SUFFIX]{suffix}')
  assert.deepEqual(saved.record.stop_ids, family('codestral').record.stop_ids)
})

test('a family of one’s own is removed after a question', async () => {
  const { page } = control
  const record = await records(/^House Codestral/)
  await record.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove family' }).click()
  await page.getByText('Removed House Codestral').waitFor()
  assert.equal(family('codestral-copy'), undefined)
})

test('the form of a model shows the record and keeps what was typed', async () => {
  const { page } = control
  await show(page, 'Models')
  await page.getByRole('link', { name: 'Add model' }).click()
  const drawer = page.getByRole('complementary', { name: 'Add a model' })
  await drawer.getByRole('textbox', { name: 'Model identifier' }).fill('custom_openai/Mixtral-8x7B-Instruct-v0.1')
  await drawer.getByText('Recognised as Mixtral 8x7B-it').waitFor()
  await drawer.getByText('See the record').click()
  await page.getByRole('region', { name: 'Record' }).getByText('Mixtral 8x22B-it').waitFor()
  await page.getByRole('button', { name: 'Close the record' }).click()
  assert.equal(
    await drawer.getByRole('textbox', { name: 'Model identifier' }).inputValue(),
    'custom_openai/Mixtral-8x7B-Instruct-v0.1',
  )
})
