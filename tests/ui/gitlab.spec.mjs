// Gateway › Access with a GitLab that publishes keys, and the prompts that GitLab asks for by name.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'

import { eventually, open, picture, show, violations } from './support.mjs'

const KID = 'the-only-key'
let control
let gitlab
let url
/** Whether the fake GitLab gives its keys. */
let isUp = true

before(async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'RS256' }
  gitlab = createServer((request, response) => {
    if (!isUp) return response.writeHead(503).end()
    const body = request.url.includes('openid-configuration')
      ? { issuer: url, jwks_uri: `${url}/oauth/discovery/keys` }
      : { keys: [key] }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => gitlab.once('listening', resolve))
  url = `http://127.0.0.1:${gitlab.address().port}`
  control = await open({ commands: [['model', 'add', 'demo', '--family', 'mistral', '--endpoint', 'sample']] })
})
after(async () => {
  await control?.close()
  gitlab?.close()
})

const prompt = (family) =>
  JSON.parse(control.run(['gitlab', 'prompt', 'show', 'chat/explain_code', '--family', family]))

async function access() {
  const { page } = control
  await show(page, 'Gateway')
  await page.getByRole('tab', { name: /Access/ }).click()
  await page.getByRole('textbox', { name: 'GitLab URL' }).waitFor()
  return page
}

async function prompts(name) {
  const { page } = control
  await show(page, 'Models')
  await page.getByRole('tab', { name: 'Prompts' }).click()
  await page.getByRole('navigation', { name: 'Prompts' }).getByRole('link', { name }).first().click()
  return page.getByRole('region', { name: 'Prompt', exact: true })
}

/** Axe, a picture in both themes, and nothing wider than the smallest window. */
async function looksRight(name) {
  const { page } = control
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    assert.deepEqual(await violations(page), [])
    await picture(page, `${name}-${colorScheme}`)
  }
  await page.setViewportSize({ width: 900, height: 600 })
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wider <= 0, `${wider} px wider than the smallest window`)
  await picture(page, `${name}-small`)
  await page.setViewportSize({ width: 1280, height: 800 })
}

test('an address that is none is refused at its field', async () => {
  const page = await access()
  const field = page.getByRole('textbox', { name: 'GitLab URL' })
  await field.fill('gitlab')
  await page.getByRole('button', { name: /^Save and check/ }).click()
  await page.getByText(/^The GitLab URL is no address/).waitFor()
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
})

test('a GitLab is named and asked for its keys, and a failure is said in words', async () => {
  const page = await access()
  await page.getByRole('textbox', { name: 'GitLab URL' }).fill(url)
  await page.getByRole('button', { name: /^Save and check/ }).click()
  await page.getByText(KID).waitFor()
  await page.getByText(`http://${control.address}`, { exact: true }).waitFor()
  await looksRight('access-gitlab')
  isUp = false
  await page.getByRole('button', { name: 'Check now' }).click()
  await page.getByText(/answered 503/).waitFor()
  await page.getByText(/still accepted/).waitFor()
  await looksRight('access-gitlab-down')
  isUp = true
})

test('a refused token is seen with its reason', async () => {
  const page = await access()
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'RS256', kid: KID })}.${part({ iss: url })}.AAAA`
  const answer = await fetch(`http://${control.address}/v1/prompts/chat/explain_code`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-gitlab-authentication-type': 'oidc',
      'x-gitlab-host-name': 'gitlab.example.com',
      'x-gitlab-instance-id': 'an-instance',
      'x-gitlab-version': '17.6.0',
    },
    body: '{"inputs":{}}',
  })
  assert.equal(answer.status, 401)
  const seen = page.getByRole('region', { name: 'Tokens seen lately' })
  await seen.getByText('gitlab.example.com').waitFor()
  await seen.getByText(/^Refused/).waitFor()
  await page.getByText('See the request').waitFor()
})

test('no authentication on loopback is a switch with a warning on every screen', async () => {
  const page = await access()
  await page.getByRole('switch', { name: 'No authentication on loopback' }).click()
  await page.getByRole('button', { name: /^Save and check/ }).click()
  await page.getByText(/paths are open to every program/).waitFor()
  await show(page, 'Logs')
  const badge = page.getByRole('link', { name: 'GitLab without tokens' })
  await badge.waitFor()
  await badge.click()
  await page.getByRole('switch', { name: 'No authentication on loopback' }).click()
  await page.getByRole('button', { name: /^Save and check/ }).click()
  await badge.waitFor({ state: 'detached' })
})

test('a prompt is edited, refused with its line, compared and reset', async () => {
  const record = await prompts(/^Explain code/)
  const { page } = control
  const user = record.getByRole('textbox', { name: 'User', exact: true })
  const before = await user.inputValue()
  await looksRight('prompt')
  await user.fill(`${before}\n{% if %}`)
  await user.press('Control+Enter')
  await record.getByText(/^The user text, line \d+,/).waitFor()
  assert.equal(await user.getAttribute('aria-invalid'), 'true')
  await user.fill(`Answer in one sentence.\n${before}`)
  await show(page, 'Logs')
  await prompts(/^Explain code unsaved/)
  await record.getByRole('button', { name: /^Save/ }).click()
  await page.getByText('Saved Explain code').waitFor()
  assert.ok(prompt('base').texts.user.startsWith('Answer in one sentence.\n'))
  await record.getByRole('radio', { name: 'Changes' }).click()
  await record.getByText('+ Answer in one sentence.').waitFor()
  await looksRight('prompt-changes')
  await record.getByRole('button', { name: 'Reset', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Reset prompt' }).click()
  await page.getByText('Reset Explain code', { exact: true }).waitFor()
  assert.equal(prompt('base').texts.user, before)
})

test('a family gets texts of its own and loses them again', async () => {
  const record = await prompts(/^Explain code/)
  const { page } = control
  await record.getByRole('combobox', { name: 'Copy for a family' }).click()
  await page.getByRole('option', { name: 'Mistral Codestral' }).click()
  await eventually('the copy is shown', () => page.url().endsWith('/codestral'))
  await record.getByRole('textbox', { name: 'Most tokens' }).fill('300')
  await record.getByRole('button', { name: /^Save/ }).click()
  await page.getByText('Saved Explain code').waitFor()
  assert.equal(prompt('codestral').texts.max_tokens, 300)
  await record.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove texts' }).click()
  await eventually('the shared texts are shown', () => page.url().endsWith('/base'))
  assert.equal(prompt('codestral').is_edited, false)
})
