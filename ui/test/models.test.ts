import { describe, expect, it } from 'vitest'

import { go } from '../src/state/router.svelte'
import { open, press, screen, type, waitFor, within } from './helpers'

describe('the form of a model', () => {
  it('refuses an empty name and says so at the field', async () => {
    const back = await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    await press('Save without test')
    await waitFor(() => screen.getByText('Enter a deployment name.'))
    const field = screen.getByLabelText('Deployment name')
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(back.calls.some((call) => call.name === 'save_model')).toBe(false)
  })

  it('shows what an endpoint resolves to', async () => {
    await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    expect(await screen.findByText('/chat/completions')).toBeTruthy()
  })

  it('says at the field why an endpoint is refused', async () => {
    await open('models', ['new'])
    await type('Endpoint', 'gpu-4:8000')
    expect(await screen.findByText(/has no scheme/)).toBeTruthy()
  })

  it('saves only after a test that passed, and sends the key on its own', async () => {
    const back = await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    await type('Deployment name', 'Qwen 32B')
    await type(/API key/, 'sk-secret')
    await press('Test and save')
    await waitFor(() => expect(back.calls.some((call) => call.name === 'set_key')).toBe(true))
    const names = back.calls.map((call) => call.name)
    expect(names.indexOf('test_model')).toBeLessThan(names.indexOf('save_model'))
    const saved = back.calls.find((call) => call.name === 'save_model')
    expect(JSON.stringify(saved)).not.toContain('sk-secret')
  })

  it('does not save what failed its test, and applies the suggested endpoint', async () => {
    const back = await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000')
    await type('Deployment name', 'Qwen 32B')
    await press('Test and save')
    await screen.findByText(/does not answer at this path/)
    expect(back.calls.some((call) => call.name === 'save_model')).toBe(false)
    const fixes = await screen.findAllByRole('button', { name: 'Append /v1' })
    fixes.at(-1)?.click()
    await waitFor(() => expect(back.calls.some((call) => call.name === 'save_model')).toBe(true))
    const saved = back.calls.find((call) => call.name === 'save_model')?.input
    expect(saved).toMatchObject({ endpoint: 'http://gpu-4:8000/v1' })
  })

  it('does not show a report of what was typed before as one of what is typed now', async () => {
    await open('models', ['new'])
    const endpoint = await type('Endpoint', 'http://gpu-4:8000')
    await type('Deployment name', 'Qwen 32B')
    await press('Test and save')
    await screen.findByText(/does not answer at this path/)
    await waitFor(() => expect(screen.getAllByRole('button', { name: 'Append /v1' })).toHaveLength(2))
    await screen.findByRole('button', { name: 'Save all the same' })
    await type('Endpoint', 'http://gpu-5:8000/v1')
    await screen.findByText(/^Of what was typed before/)
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Append /v1' })).toBeNull())
    await screen.findByRole('button', { name: 'Save without test' })
    expect(endpoint.value).toBe('http://gpu-5:8000/v1')
  })

  it('says why a server could not be asked for its models', async () => {
    const back = await open('models', ['new'])
    back.table.list_served_models = () =>
      Promise.reject({ code: 'upstream', message: 'Cannot reach gpu-4.', hint: 'Check that it runs.' })
    await type('Endpoint', 'http://gpu-4:8000/v1')
    await press('Ask the server')
    expect(await screen.findByText('Cannot reach gpu-4. Check that it runs.')).toBeTruthy()
  })

  it('asks for the key that a vendor’s own address needs', async () => {
    await open('models', ['new'])
    await type('Model identifier', 'anthropic/claude-sonnet-4-5')
    await waitFor(() => expect(screen.getByLabelText(/^API key/).getAttribute('placeholder')).toBe(''))
    await type(/^Endpoint/, 'http://gpu-4:8000')
    await waitFor(() => expect(screen.getByPlaceholderText('Only if the server asks for one')).toBeTruthy())
  })

  it('never fills in a stored key', async () => {
    await open('models', ['m3', 'settings'])
    await screen.findByText('In the keyring')
    expect(document.querySelector('input[type=password]')).toBeNull()
    await press('Replace')
    const field = await screen.findByLabelText(/New API key/)
    expect((field as HTMLInputElement).value).toBe('')
  })

  it('names the features that lose their route before a model is removed', async () => {
    const back = await open('models', ['m3', 'settings'])
    const removes = await screen.findAllByRole('button', { name: 'Remove' })
    removes.at(-1)?.click()
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByText(/Code completion will not be routed/)).toBeTruthy()
    expect(back.calls.some((call) => call.name === 'remove_model')).toBe(false)
  })

  it('asks what the provider needs, and switches to the one that a prefix names', async () => {
    const back = await open('models', ['new'])
    await type('Model identifier', 'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0')
    await screen.findByText('bedrock/ in the identifier means AWS Bedrock.')
    await screen.findByText(/has no AWS region/)
    await type(/^Region/, 'eu-central-1')
    await screen.findByText('Recognised as Claude 4.5')
    await press('Save without test')
    await waitFor(() => expect(back.calls.some((call) => call.name === 'save_model')).toBe(true))
    expect(back.calls.find((call) => call.name === 'save_model')?.input).toMatchObject({
      provider: 'bedrock',
      endpoint: '',
      family: 'claude_3',
      connection: { auth: { kind: 'aws_chain' }, region: 'eu-central-1' },
    })
  })

  it('names a completion without FIM where the family is chosen', async () => {
    await open('models', ['m7', 'settings'])
    await screen.findByText('Recognised as Mixtral 8x7B-it')
    expect(await screen.findByText(/^No FIM, by chat: /)).toBeTruthy()
  })

  it('says at the field why saving was refused, until the field is changed', async () => {
    const back = await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    await type('Deployment name', 'duo_chat')
    await press('Save without test')
    await screen.findByText(/is the name of a feature/)
    const field = screen.getByLabelText('Deployment name')
    expect(field.getAttribute('aria-invalid')).toBe('true')
    await waitFor(() => expect(document.activeElement).toBe(field))
    expect(back.calls.some((call) => call.name === 'save_model')).toBe(true)
    await type('Deployment name', 'chat')
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('false'))
  })

  it('asks about what was typed, whatever way to prove who calls', async () => {
    const back = await open('models', ['m5', 'settings'])
    ;(await screen.findByLabelText(/^Access by/)).dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }),
    )
    ;(await screen.findByRole('option', { name: 'Microsoft Entra ID' })).dispatchEvent(
      new PointerEvent('pointerup', { bubbles: true }),
    )
    const tenant = await type('Tenant', 'contoso')
    const client = await screen.findByLabelText('Client id')
    await waitFor(() => {
      const asked = back.calls.filter((call) => call.name === 'resolve_endpoint').at(-1)
      expect(asked?.input).toMatchObject({ connection: { auth: { kind: 'entra', tenant: 'contoso' } } })
    })
    expect(await screen.findByText(/deployments\/gpt-4o-mini/)).toBeTruthy()
    expect(client.getAttribute('aria-invalid')).toBe('false')
    await press('Save')
    await waitFor(() => expect(client.getAttribute('aria-invalid')).toBe('true'))
    expect(tenant.getAttribute('aria-invalid')).toBe('false')
  })

  it('is still there after a look elsewhere, until it is discarded', async () => {
    await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    go('overview')
    await screen.findByRole('heading', { level: 1, name: 'Overview' })
    go('models')
    const add = await screen.findByRole('link', { name: /Add model/ })
    expect(add.textContent).toContain('unsaved')
    go('models', ['new'])
    const field = (await screen.findByLabelText('Endpoint')) as HTMLInputElement
    expect(field.value).toBe('http://gpu-4:8000/v1')
    await press('Discard')
    go('models', ['new'])
    await waitFor(() => expect((screen.getByLabelText('Endpoint') as HTMLInputElement).value).toBe(''))
    go('models', ['m3', 'settings'])
    await screen.findByDisplayValue('Codestral 22B')
    await type('Deployment name', 'Codestral of the house')
    go('models', ['m7', 'settings'])
    await screen.findByDisplayValue('Mixtral 8x7B-it')
    await screen.findByText('unsaved')
    go('models', ['m3', 'settings'])
    await screen.findByDisplayValue('Codestral of the house')
    await press('Discard')
    await screen.findByDisplayValue('Codestral 22B')
  })

  it('writes a listed name with its prefix, so that it cannot be taken for one', async () => {
    await open('models', ['new'])
    await type('Endpoint', 'http://gpu-4:8000/v1')
    await press('Ask the server')
    ;(await screen.findByRole('radio', { name: /qwen-lora-ruby/ })).click()
    const field = (await screen.findByLabelText(/Model identifier/, {
      selector: 'input.mono',
    })) as HTMLInputElement
    await waitFor(() => expect(field.value).toBe('custom_openai/qwen-lora-ruby'))
  })
})
