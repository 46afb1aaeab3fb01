// What needs someone, worst first, each with the one act that helps.

import type { FeatureView } from '../../api/FeatureView'
import type { ModelView } from '../../api/ModelView'
import type { Status } from '../../api/Status'
import { SECRET } from '../../state/words'
import { overview } from '../../text/overview'

export type Finding = {
  key: string
  kind: 'failed' | 'degraded'
  what: string
  why: string
  act:
    | { do: 'port'; hint: string }
    | { do: 'gateway' }
    | { do: 'keyring' }
    | { do: 'test'; model: ModelView }
    | { do: 'key'; model: ModelView }
    | { do: 'switch'; model: ModelView }
    | { do: 'nothing' }
}

export function findings(status: Status, models: ModelView[], features: FeatureView[]): Finding[] {
  const found: Finding[] = []
  const gateway = status.gateway
  if (gateway.state === 'failed') {
    const { code, message, hint } = gateway.error
    const act = code === 'port_taken' ? { do: 'port' as const, hint } : { do: 'gateway' as const }
    found.push({ key: 'gateway', kind: 'failed', what: message, why: hint, act })
  }
  if (!status.log.writing || status.log.sentence) {
    found.push({
      key: 'log',
      kind: 'failed',
      what: overview.logStuck,
      why: status.log.sentence ?? '',
      act: { do: 'nothing' },
    })
  }
  const isShut =
    status.keyring.state === 'locked' ||
    (status.keyring.state === 'unavailable' && models.some((model) => model.key === 'unavailable'))
  if (isShut) {
    found.push({
      key: 'keyring',
      kind: 'degraded',
      what: overview.locked,
      why: status.keyring.sentence,
      act: { do: 'keyring' },
    })
  }
  for (const model of models) {
    if (!model.enabled) continue
    if (SECRET[model.key].needsSomeone && !isShut) {
      const why = overview.keyWhy[model.key] ?? ''
      found.push({
        key: `key-${model.id}`,
        kind: 'failed',
        what: overview.keyMissing(model.name),
        why,
        act: { do: 'key', model },
      })
    } else if (model.health.state === 'failed') {
      const what = overview.failed(model.name)
      found.push({
        key: model.id,
        kind: 'failed',
        what,
        why: model.health.sentence,
        act: { do: 'test', model },
      })
    }
  }
  for (const view of features) {
    const model = models.find((one) => one.id === view.answered_by)
    // What a feature inherits is told once, at its parent; a fallback still answers.
    if (!model || model.enabled || view.inherited_from || view.fallback) continue
    const what = overview.routedOff(view.title, model.name)
    found.push({
      key: view.feature,
      kind: 'degraded',
      what,
      why: overview.routedOffWhy,
      act: { do: 'switch', model },
    })
  }
  return found
}
