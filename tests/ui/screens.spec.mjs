// Each screen, empty and with data, in light and dark: axe finds nothing, nothing is wider than the
// window, nothing is complained of in the console.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { ask, open, picture, show, violations } from './support.mjs'

const SCREENS = ['Overview', 'Models', 'Features', 'Gateway', 'Playground', 'Logs', 'Settings']
const ADD = ['model', 'add', 'demo', '--family', 'general', '--endpoint', 'sample']

for (const [state, commands] of [
  ['empty', []],
  ['in use', [ADD, ['feature', 'set', 'duo_chat', 'demo']]],
]) {
  describe(state, () => {
    let control
    before(async () => {
      control = await open({ commands })
      if (commands.length > 0) for (let count = 0; count < 3; count++) await ask(control.address, 'demo')
    })
    after(() => control?.close())

    for (const screen of SCREENS) {
      for (const colorScheme of ['light', 'dark']) {
        test(`${screen}, ${state}, ${colorScheme}`, async () => {
          const { page, complaints } = control
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await show(page, screen)
          assert.deepEqual(await violations(page), [])
          await picture(page, `${screen}-${state}-${colorScheme}`.toLowerCase().replaceAll(' ', '-'))
          await page.setViewportSize({ width: 900, height: 600 })
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          assert.ok(wider <= 0, `${wider} px wider than the smallest window`)
          await page.setViewportSize({ width: 1280, height: 800 })
          assert.deepEqual(complaints, [])
        })
      }
    }
  })
}
