import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { fireEvent, open, screen, waitFor } from './helpers'

async function command(text: string): Promise<void> {
  await fireEvent.keyDown(window, { key: 'k', ctrlKey: true })
  const field = await screen.findByRole('combobox', { name: 'Search or run' })
  await fireEvent.input(field, { target: { value: text } })
  await fireEvent.keyDown(field, { key: 'Enter' })
}

describe('the palette', () => {
  it('stops the gateway', async () => {
    const back = await open('overview')
    await screen.findByText('Running :5052')
    await command('stop the')
    await waitFor(() => expect(back.calls.some((call) => call.name === 'stop_gateway')).toBe(true))
    expect((await screen.findAllByText('Stopped')).length).toBeGreaterThan(0)
  })

  it('opens a model by its name', async () => {
    await open('overview')
    await screen.findAllByText('Codestral 22B')
    await command('mixtral')
    await waitFor(() => expect(location.hash).toBe('#/models/m7'))
  })

  it('switches the theme', async () => {
    await open('overview')
    await command('theme dark')
    await waitFor(() => expect(document.documentElement.dataset.theme).toBe('dark'))
    await command('theme system')
    await waitFor(() => expect(document.documentElement.dataset.theme).toBeUndefined())
  })
})

describe('the source', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|svelte)$/.test(name))
    .map((name) => ({ name, text: readFileSync(join('src', name), 'utf8') }))

  it('imports Tauri in one place only', () => {
    const users = files.filter((file) => file.text.includes('@tauri-apps/')).map((file) => file.name)
    expect(users).toEqual([join('backend', 'tauri.ts')])
  })

  it('renders no text as markup', () => {
    const users = files.filter((file) => /\{@html|innerHTML|insertAdjacentHTML/.test(file.text))
    expect(users.map((file) => file.name)).toEqual([])
  })

  it('asks no locale of the machine', () => {
    const users = files.filter((file) => /navigator\.languages?\b|toLocale/.test(file.text))
    expect(users.map((file) => file.name)).toEqual([])
  })
})
