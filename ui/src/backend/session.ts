// Turns the one-time token of the printed link into a session that lives as long as the tab.

const SESSION = 'gatehouse-session'

/** The link was used already, or none was used. */
export class NoSession extends Error {}

export function session(): string | null {
  return sessionStorage.getItem(SESSION)
}

export function forget(): void {
  sessionStorage.removeItem(SESSION)
}

/** Trades the token in the address for a session and takes the token out of the address. */
export async function signIn(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token !== null) {
    history.replaceState(null, '', location.pathname + location.search)
    const answer = await fetch('/admin/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (!answer.ok) throw new NoSession('the link was used already')
    const { session } = (await answer.json()) as { session: string }
    sessionStorage.setItem(SESSION, session)
  }
  if (session() === null) throw new NoSession('no link was used')
}
