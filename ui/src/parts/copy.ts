// Puts text on the clipboard, also where the modern way is refused, as in a web view without permission.

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    // A dialog keeps the focus inside itself: the field has to be born there.
    const home = document.activeElement?.closest('[role=dialog]') ?? document.body
    home.append(area)
    const before = document.activeElement
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    if (before instanceof HTMLElement) before.focus()
    return done
  }
}
