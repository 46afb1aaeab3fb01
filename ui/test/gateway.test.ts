import { describe, expect, it } from 'vitest'

import { fake } from '../src/backend/fake'
import { hold, open, press, screen, type, waitFor } from './helpers'

describe('the limits of the gateway', () => {
  it('are refused outside their range, at the field', async () => {
    const back = await open('gateway')
    await type('Try again', '9')
    await screen.findByText('From 0 to 5.')
    expect(screen.getByRole('button', { name: /^Save/ }).hasAttribute('disabled')).toBe(true)
    expect(back.calls.some((call) => call.name === 'save_gateway_settings')).toBe(false)
  })

  it('say what will change and are saved with all others', async () => {
    const back = await open('gateway')
    await type('Try again', '0')
    await type('Wait in the queue', '12')
    await type('Code completion within', '4')
    await screen.findByText(/^Code completion, Retries, Queue\./)
    await press(/^Save/)
    await waitFor(() =>
      expect(back.calls.find((call) => call.name === 'save_gateway_settings')?.input).toMatchObject({
        retries: 0,
        queue_timeout: 12,
        completion_timeout: 4,
        first_byte_timeout: 60,
      }),
    )
  })

  it('keep what is typed while they are saved', async () => {
    const back = fake()
    const letGo = hold(back, 'save_gateway_settings')
    await open('gateway', [], {}, back)
    await type('Try again', '1')
    await press(/^Save/)
    await type('Wait in the queue', '30')
    letGo()
    await screen.findByText(/^Queue\./)
    expect(await screen.findByLabelText('Wait in the queue')).toHaveProperty('value', '30')
    expect(await screen.findByLabelText('Try again')).toHaveProperty('value', '1')
  })
})
