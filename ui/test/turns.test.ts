import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { inTurn, notInTurn } from '../src/parts/inTurn'

/** Frames that come when the test says so. */
let frames: FrameRequestCallback[] = []
let now = 1_000
function frame(after: number): void {
  now += after
  const due = frames
  frames = []
  due.forEach((call) => call(now))
}

describe('what is shown in turn', () => {
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    vi.stubGlobal('requestAnimationFrame', (call: FrameRequestCallback) => frames.push(call))
  })
  afterEach(() => {
    // The turns of one test are over before the next one.
    while (frames.length > 0) frame(16)
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  it('is one thing in each frame, first come, first served, and the first at once', () => {
    const shown: string[] = []
    for (const name of ['a', 'b', 'c']) inTurn(() => shown.push(name))
    expect(shown).toEqual(['a'])
    frame(16)
    expect(shown).toEqual(['a', 'b'])
    frame(16)
    expect(shown).toEqual(['a', 'b', 'c'])
  })

  it('is less after a slow frame, which leaves as long as it took', () => {
    const shares: number[] = []
    const show = (share: number) => {
      shares.push(share)
      if (shares.length < 6) inTurn(show)
    }
    inTurn(show)
    frame(60)
    expect(shares).toHaveLength(1)
    frame(59)
    expect(shares).toHaveLength(1)
    frame(1)
    expect(shares).toHaveLength(2)
    expect(shares[1]).toBeCloseTo(shares[0]! / 2)
    frame(16)
    expect(shares[2]).toBeCloseTo(shares[1]! * 1.25)
  })

  it('waits for the character of a key', () => {
    const shown: string[] = []
    inTurn(() => shown.push('a'))
    inTurn(() => shown.push('b'))
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'x' }))
    frame(16)
    frame(16)
    expect(shown).toEqual(['a'])
    frame(20)
    expect(shown).toEqual(['a', 'b'])
  })

  it('waits for the character of a key when nothing else is shown', () => {
    const shown: string[] = []
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'x' }))
    inTurn(() => shown.push('a'))
    frame(16)
    frame(16)
    expect(shown).toEqual([])
    frame(20)
    expect(shown).toEqual(['a'])
  })

  it('waits for the character of a key that comes in the rest after a slow frame', () => {
    const shown: string[] = []
    inTurn(() => shown.push('a'))
    inTurn(() => shown.push('b'))
    frame(30)
    now += 25
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'x' }))
    frame(20)
    expect(shown).toEqual(['a'])
    frame(31)
    expect(shown).toEqual(['a', 'b'])
  })

  it('goes on between the repeats of a key that is held down', () => {
    const shown: string[] = []
    for (const name of ['a', 'b']) inTurn(() => shown.push(name))
    for (let repeat = 0; repeat < 5; repeat++) {
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', repeat: true }))
      frame(20)
      frame(20)
    }
    expect(shown).toEqual(['a', 'b'])
  })

  it('is taken back', () => {
    const shown: string[] = []
    const late = () => shown.push('late')
    inTurn(() => shown.push('a'))
    inTurn(late)
    expect(notInTurn(late)).toBe(true)
    frame(16)
    frame(16)
    expect(shown).toEqual(['a'])
  })
})
