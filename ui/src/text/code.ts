import { plural } from './format'

export const code = {
  diff: ['Before', 'After'] as [string, string],
}
