// The gateway's own screen: another port without a stop, client keys shown once.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'

import { ask, eventually, open, show, violations } from './support.mjs'

let control
before(async () => {
  control = await open({ commands: [['model', 'add', 'demo', '--family', 'general', '--endpoint', 'sample']] })
})
after(() => control?.close())

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('the port changes and clients are answered there', async () => {
  const { page } = control
  const port = await freePort()
  await show(page, 'Gateway')
  await page.getByRole('textbox', { name: 'Port' }).fill(String(port))
  await page.getByText(`Port ${port} is free.`).waitFor()
  await page.getByRole('button', { name: /^Move to/ }).click()
  await eventually('the new port answers', () =>
    fetch(`http://127.0.0.1:${port}/monitoring/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ),
  )
  control.address = `127.0.0.1:${port}`
  assert.equal((await ask(control.address, 'demo')).status, 200)
})

test('a port that is taken is refused and the old one stays', async (t) => {
  const { page, address } = control
  const holder = createServer().listen(0, '127.0.0.1')
  // Whatever fails: an open server would keep the whole file from ending.
  t.after(() => holder.close())
  await new Promise((resolve) => holder.once('listening', resolve))
  const { port } = holder.address()
  await show(page, 'Gateway')
  await page.getByRole('textbox', { name: 'Port' }).fill(String(port))
  await page.getByText(`holds port ${port}`).first().waitFor()
  await page.getByRole('button', { name: 'Discard' }).click()
  assert.equal((await ask(address, 'demo')).status, 200)
})

test('a client key is shown once and then asked for', async () => {
  const { page, address } = control
  await show(page, 'Gateway')
  await page.getByRole('tab', { name: /Access/ }).click()
  await page.getByRole('button', { name: 'Create a key' }).or(page.getByRole('link', { name: 'Create a key' })).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('laptop')
  await dialog.getByRole('button', { name: 'Create a key' }).click()
  const key = (await dialog.locator('code').innerText()).trim()
  assert.deepEqual(await violations(page), [])
  await dialog.getByRole('button', { name: 'I have it' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.ok(!(await page.content()).includes(key), 'the key is gone from the page')
  assert.equal((await ask(address, 'demo')).status, 401)
  const answer = await ask(address, 'demo', { headers: { authorization: `Bearer ${key}` } })
  assert.equal(answer.status, 200)
})

test('the gateway is stopped and started', async () => {
  const { page, address } = control
  await show(page, 'Gateway')
  await page.getByRole('tab', { name: /Service/ }).click()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await eventually('the gateway stops', () => fetch(`http://${address}/monitoring/healthz`).then(() => false, () => true))
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await eventually('the gateway starts', () =>
    fetch(`http://${address}/monitoring/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ),
  )
})
