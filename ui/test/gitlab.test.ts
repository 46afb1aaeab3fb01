import { describe, expect, it } from 'vitest'

import type { GatewaySettings } from '../src/api/GatewaySettings'
import { fake } from '../src/backend/fake'
import { addressFor, isOld } from '../src/screens/Gateway/gitlab.svelte'
import { discardAll } from '../src/state/drafts.svelte'
import { go } from '../src/state/router.svelte'
import { hold, open, press, screen, type, waitFor, within } from './helpers'

const saved = (back: { calls: { name: string; input: unknown }[] }) =>
  back.calls.findLast((call) => call.name === 'save_gitlab_settings')?.input

describe('what is set for GitLab', () => {
  it('is staged, kept while one looks elsewhere, and saved as a whole', async () => {
    discardAll()
    const back = await open('gateway', ['access'])
    await type('GitLab URL', 'https://git.example.org')
    await screen.findByText('1 change')
    go('logs')
    await screen.findByRole('heading', { level: 1, name: 'Logs' })
    go('gateway', ['access'])
    await screen.findByDisplayValue('https://git.example.org')
    ;(await screen.findByRole('switch', { name: 'Call models that only GitLab knows' })).click()
    await press(/^Save and check/)
    await waitFor(() =>
      expect(saved(back)).toEqual({
        url: 'https://git.example.org',
        customers_portal: '',
        open_on_loopback: false,
        accept_named_models: true,
        documentation: '/srv/gitlab/doc',
      }),
    )
    await waitFor(() => expect(screen.queryByText(/^\d change/)).toBeNull())
  })

  it('keeps what is typed while it is saved', async () => {
    discardAll()
    const back = fake()
    const letGo = hold(back, 'save_gitlab_settings')
    await open('gateway', ['access'], {}, back)
    await type('GitLab URL', 'https://git.example.org')
    await press(/^Save and check/)
    await type('Documentation', '/srv/other')
    await screen.findByText('2 changes')
    letGo()
    await screen.findByText('1 change')
    expect(await screen.findByLabelText('Documentation')).toHaveProperty('value', '/srv/other')
    expect(await screen.findByLabelText('GitLab URL')).toHaveProperty('value', 'https://git.example.org')
  })

  it('is refused at the field, which is looked at', async () => {
    discardAll()
    await open('gateway', ['access'])
    const field = await type('Documentation', 'doc')
    await press(/^Save and check/)
    await screen.findByText(/is not named in full/)
    expect(field.getAttribute('aria-invalid')).toBe('true')
    await waitFor(() => expect(document.activeElement).toBe(field))
    await type('Documentation', '/doc')
    expect(field.getAttribute('aria-invalid')).toBe('false')
  })

  it('cannot be changed while the environment holds over it, and says which variable', async () => {
    discardAll()
    await open('gateway', ['access'], {}, fake('state=notices'))
    const url = (await screen.findByLabelText('GitLab URL')) as HTMLInputElement
    expect(url.readOnly).toBe(true)
    await screen.findByText(/^AIGW_GITLAB_URL sets it/)
    const open_ = await screen.findByRole('switch', { name: 'No authentication on loopback' })
    expect(open_.hasAttribute('disabled')).toBe(true)
    expect((await screen.findByLabelText<HTMLInputElement>('Customers portal')).readOnly).toBe(false)
  })

  it('warns on every screen while no token is asked for', async () => {
    discardAll()
    await open('gateway', ['access'])
    expect(screen.queryByText('GitLab without tokens')).toBeNull()
    ;(await screen.findByRole('switch', { name: 'No authentication on loopback' })).click()
    await screen.findByText(/Whoever can run a program on this machine/)
    await press(/^Save and check/)
    await screen.findByText(/paths are open to every program/)
    go('logs')
    await screen.findByRole('heading', { level: 1, name: 'Logs' })
    await screen.findByText('GitLab without tokens')
  })
})

describe('what is known of GitLab', () => {
  it('names each signer, its keys, and what to do when it does not answer', async () => {
    discardAll()
    const back = await open('gateway', ['access'], {}, fake('state=failed'))
    await screen.findByText('Cannot reach gitlab.example.com: connection refused.')
    await screen.findByText(/still accepted/)
    await screen.findByText(/^No token of it is accepted until it answers/)
    expect(screen.getAllByText('cVLfKLwqS1mGmZlT3Ld4nGrVmXk')).toHaveLength(1)
    await screen.findByText('Key in memory')
    await press('Check now')
    await waitFor(() => expect(back.calls.some((call) => call.name === 'check_gitlab')).toBe(true))
  })

  it('shows who asked, what for, and why the last one was refused', async () => {
    discardAll()
    await open('gateway', ['access'])
    const seen = within(await screen.findByRole('region', { name: 'Tokens seen lately' }))
    expect(seen.getAllByText('gitlab.example.com')).toHaveLength(2)
    expect(seen.getByText(/may complete_code, generate_code/)).toBeTruthy()
    expect(seen.getByText(/Refused \d+ min ago\..*accepts tokens of/)).toBeTruthy()
  })
})

describe('the address that GitLab is given', () => {
  const settings = (listen: string, ...allowed_hosts: string[]) =>
    ({ listen, allowed_hosts }) as unknown as GatewaySettings

  it('is one that GitLab can reach, or says what is missing', () => {
    const cases: [string | null, string, string[], string, string][] = [
      ['http://127.0.0.1:5052', '127.0.0.1:5052', ['a.example'], 'http://127.0.0.1:5052', 'loopback'],
      [null, '[::1]:5052', [], 'http://[::1]:5052', 'loopback'],
      ['http://0.0.0.0:5052', '0.0.0.0:5052', ['a.example', 'b'], 'http://a.example:5052', 'allowed'],
      ['http://0.0.0.0:6000', '0.0.0.0:6000', [], 'http://HOST-NAME:6000', 'unnamed'],
      ['http://[::]:6000', '[::]:6000', [], 'http://HOST-NAME:6000', 'unnamed'],
      ['http://10.0.0.7:6000', '10.0.0.7:6000', [], 'http://10.0.0.7:6000', 'address'],
    ]
    for (const [url, listen, hosts, expected, reach] of cases)
      expect(addressFor(url, settings(listen, ...hosts))).toMatchObject({ url: expected, reach })
  })

  it('goes into gitlab.rb before 17.9', () => {
    expect(['17.6.4', '17.8.0', '17.9.0', '17.11.2', '18.0.0'].map(isOld)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('is written as the version that was seen takes it', async () => {
    discardAll()
    await open('gateway', ['access'])
    const side = within(await screen.findByRole('complementary', { name: 'Point GitLab here' }))
    expect(side.getByText('http://127.0.0.1:5052')).toBeTruthy()
    ;(await side.findByRole('radio', { name: '17.6 – 17.8' })).click()
    await side.findByText(/"AI_GATEWAY_URL" => "http:\/\/127\.0\.0\.1:5052"/)
    expect(side.getByText(/127\.0\.0\.1 is right only when GitLab runs on this machine/)).toBeTruthy()
  })
})
