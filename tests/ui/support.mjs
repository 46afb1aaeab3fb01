// What the browser tests share: a gatehouse of their own with its control panel, and Chromium.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

// The packages are those of the UI; the tests have none of their own.
const require = createRequire(new URL('../../ui/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { AxeBuilder } = require('@axe-core/playwright')

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const GATEHOUSE = process.env.GATEHOUSE ?? join(ROOT, 'target/debug/gatehouse')
const PICTURES = process.env.GATEHOUSE_PICTURES ?? join(ROOT, '.work/screenshots')

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts a gatehouse after `commands`, opens its control panel and returns both. */
export async function open({ commands = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ui-'))
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    // No bus: a test must not touch the keyring of who runs it.
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus',
  }
  const words = ['--json', '--data-dir', join(folder, 'data')]
  const run = (command) => {
    const result = spawnSync(GATEHOUSE, [...words, ...command], { env, encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`${command.join(' ')}: ${result.stderr || result.error}`)
    return result.stdout
  }
  commands.forEach(run)
  const service = spawn(GATEHOUSE, [...words, 'serve', '--listen', '127.0.0.1:0', '--admin'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: QUIET,
  })
  const close = async () => {
    await browser.close()
    const ended = new Promise((resolve) => service.once('exit', resolve))
    service.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { address, admin } = await announced(service)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(admin)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return { page, address, run, close, complaints }
  } catch (error) {
    await close()
    throw error
  }
}

/** The two addresses that `serve --json --admin` prints. */
async function announced(service) {
  const found = {}
  const deadline = setTimeout(() => service.kill('SIGKILL'), 20_000)
  for await (const line of createInterface({ input: service.stdout })) {
    Object.assign(found, JSON.parse(line))
    if (found.address && found.admin) break
  }
  clearTimeout(deadline)
  if (!found.admin) throw new Error('gatehouse serve --admin printed no address')
  return found
}

/** Goes to a screen by its link in the rail. */
export async function show(page, screen) {
  await page.getByRole('link', { name: screen, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: screen }).waitFor()
}

/** What axe finds on the page, in one line each. */
export async function violations(page) {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const result = await new AxeBuilder({ page }).withTags(tags).analyze()
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
}

/** Keeps a picture of the page for people to look at. */
export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}

/** A chat request of a client, straight to the gateway. */
export function ask(address, model, more = {}) {
  return fetch(`http://${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...more.headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], ...more.body }),
  })
}

/** Asks until there is an answer that is not empty. */
export async function eventually(what, question) {
  const deadline = Date.now() + 15_000
  for (;;) {
    const answer = await question()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
