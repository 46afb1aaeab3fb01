// The weight of a line as a status: by word, shape and colour.

import type { LogLevel } from '../../api/LogLevel'
import type { State } from '../../parts/icons'

const STATES: Record<LogLevel, State> = {
  debug: 'stopped',
  info: 'wait',
  warning: 'degraded',
  error: 'failed',
}

export const healthOf = (level: LogLevel): State => STATES[level]
