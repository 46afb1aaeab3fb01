// Client keys as an admin of some weeks has them.

import type { ClientKeyView } from '../../api/ClientKeyView'

export const clientKeys = (ago: (minutes: number) => string): ClientKeyView[] => [
  { id: 'k1', name: 'gitlab-main', created_at: ago(60 * 24 * 40), last_used_at: ago(0.02) },
  { id: 'k2', name: 'Continue on the laptop', created_at: ago(60 * 24 * 6), last_used_at: ago(11) },
  { id: 'k3', name: 'CI', created_at: ago(90), last_used_at: null },
]
