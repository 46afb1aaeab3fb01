// The playground in front of a real model server, which `cargo xtask test` starts: two models at once, a stop,
// a completion taken with Tab, a recorded row replayed.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { eventually, open, show } from './support.mjs'

const server = `${process.env.GATEHOUSE_TEST_MODEL ?? 'http://127.0.0.1:18080'}/v1`
const fim = `${process.env.GATEHOUSE_TEST_FIM_MODEL ?? 'http://127.0.0.1:18081'}/v1`
const model = (name, family, endpoint, identifier) => [
  ...['model', 'add', name, '--family', family],
  ...['--endpoint', endpoint, '--identifier', identifier],
]

let control
before(async () => {
  control = await open({
    commands: [
      model('small', 'general', server, 'smollm2-135m-instruct'),
      model('twin', 'general', server, 'smollm2-135m-instruct'),
      model('gaps', 'qwen', fim, 'smollm2-fim'),
      ['record', 'start'],
    ],
  })
  await show(control.page, 'Playground')
})
after(() => control?.close())

const rows = () =>
  control
    .run(['logs', '--limit', '50'])
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const column = (number, name) =>
  control.page.getByRole('region', { name: `Column ${number}: ${name}` }).first()
async function send(question) {
  await control.page.getByRole('textbox', { name: 'Message' }).fill(question)
  await control.page.keyboard.press('Control+Enter')
}

test('two models answer at once', async () => {
  const { page } = control
  await page.getByRole('button', { name: 'Column', exact: true }).click()
  await send('Count to five.')
  for (const [number, name] of [
    [1, 'small'],
    [2, 'twin'],
  ])
    await column(number, name).getByText('total').waitFor({ timeout: 60_000 })
  const [one, other] = rows().slice(-2)
  assert.deepEqual([one.model, other.model].toSorted(), ['small', 'twin'])
  assert.ok(one.completion_tokens > 1 && other.completion_tokens > 1, 'the server counted')
})

test('a stop reaches the server and keeps what had arrived', async () => {
  const { page } = control
  // The answer before may have been long: with it in the talk there may be no room for another.
  await page.getByRole('button', { name: 'New trial' }).first().click()
  await send('Write a very long story about a lighthouse.')
  await eventually('both answers come', () =>
    rows()
      .slice(-2)
      .every((row) => row.state === 'running'),
  )
  await page.getByRole('button', { name: /^Stop all/ }).click()
  await page.getByText('Stopped here. What had arrived is kept.').first().waitFor()
  await eventually('both rows say so', () =>
    rows()
      .slice(-2)
      .every((row) => row.state === 'cancelled'),
  )
})

test('a recorded row is asked again', async () => {
  const { page } = control
  const row = rows().find((one) => one.state === 'completed' && one.recorded)
  await page.evaluate((id) => (location.hash = `#/playground?replay=${id}`), row.id)
  // The trial before it has the same question, and an answer.
  await page.getByText('Stopped here. What had arrived is kept.').first().waitFor({ state: 'detached' })
  await column(1, row.model).getByText('Count to five.').first().waitFor()
})

test('a completion is taken with Tab', async () => {
  const { page } = control
  await page.evaluate(() => (location.hash = '#/playground?model=gaps'))
  await page.getByRole('radio', { name: 'Completion', exact: true }).click()
  const editor = page.locator('.cm-content')
  await editor.waitFor()
  await editor.focus()
  await page.keyboard.press('Alt+Backslash')
  const ghost = page.locator('.cm-ghost')
  await ghost.first().waitFor({ timeout: 60_000 })
  // What still comes would be proposed again after the part that Tab took.
  await page.getByRole('complementary', { name: 'Candidates' }).getByText('shown after').waitFor()
  const proposed = await ghost.first().textContent()
  await page.keyboard.press('Tab')
  await ghost.first().waitFor({ state: 'detached' })
  const file = (await editor.locator('.cm-line').allTextContents()).join('\n')
  assert.ok(file.includes(proposed), JSON.stringify([proposed, file]))
  // The edit asks for the next proposal, whose row may be there before its model is known.
  await eventually('the completion has its row', () =>
    rows().some((row) => row.model === 'gaps' && row.state === 'completed'),
  )
})
