// What a form comes to, asked while it is typed: the provider that counts, the URLs, and what keeps it from working.

import type { EndpointInput } from '../../api/EndpointInput'
import type { ResolvedEndpoint } from '../../api/ResolvedEndpoint'
import { asError, backend, type ApiError } from '../../backend'
import { providerOf } from '../../state/providers.svelte'
import { entered, faults, setProvider, type Form } from './draft.svelte'

export type Place = 'endpoint' | 'identifier' | 'region' | 'api_version' | 'auth' | 'family'
export type Reach = {
  readonly value: ResolvedEndpoint | undefined
  /** The identifier without its prefix. */
  readonly sentName: string
  /** What is wrong, at the field that it is about. */
  readonly at: Partial<Record<Place, string>>
}

export function inputOf(form: Form): EndpointInput {
  const { endpoint, provider, identifier, family, connection, id } = entered(form)
  return {
    endpoint,
    provider,
    identifier,
    family,
    connection,
    ...(form.key ? { key: form.key } : {}),
    ...(id ? { model: id } : {}),
  }
}

const PLACES: [RegExp, Place][] = [
  [/identifier/i, 'identifier'],
  [/region/i, 'region'],
  [/api version/i, 'api_version'],
  [/tenant|client id|access key|profile/i, 'auth'],
  [/family/i, 'family'],
]

/** The field that a problem is about, by the words of the rule that found it. */
export function placeOf({ message }: ApiError): Place {
  return PLACES.find(([word]) => word.test(message))?.[1] ?? 'endpoint'
}

/** A sentence of the back end, which begins in lower case. */
export const sentence = ({ message, hint }: ApiError) =>
  `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}. ${hint}`

export function reach(form: () => Form): Reach {
  let value = $state.raw<ResolvedEndpoint>()
  const question = $derived.by(() => {
    const { key: _, ...input } = inputOf(form())
    // Who calls is not needed for a URL, and a field that is still empty is no mistake.
    if (faults(form()).auth) input.connection.auth = { kind: 'key' }
    return JSON.stringify(input)
  })

  $effect(() => {
    const asked = question
    const soon = setTimeout(() => {
      const hear = (answer: ResolvedEndpoint) => {
        if (asked !== question) return
        value = answer
        const now = form()
        const isTyped = now.draft.identifier.trim() !== '' && now.draft.provider !== 'sample'
        if (isTyped && answer.provider !== 'sample' && answer.provider !== now.draft.provider) {
          setProvider(now, answer.provider)
          now.switched = answer.provider
        }
      }
      // A form that cannot be asked about is not the form's fault.
      backend.call('resolve_endpoint', JSON.parse(asked) as EndpointInput).then(hear, (thrown) => {
        if (asked === question && value) value = { ...value, problem: asError(thrown) }
      })
    }, 200)
    return () => clearTimeout(soon)
  })

  return {
    get value() {
      return value
    },
    get sentName() {
      const { identifier, provider } = form().draft
      const prefix = providerOf(provider)?.prefix ?? ''
      const typed = identifier.trim()
      return value?.sent_name || (prefix && typed.startsWith(prefix) ? typed.slice(prefix.length) : typed)
    },
    get at() {
      const problem = value?.problem
      const { draft, isTried } = form()
      // Nothing is wrong with a form that nobody has filled in yet.
      const isTouched = isTried || draft.endpoint.trim() !== '' || draft.identifier.trim() !== ''
      if (!problem || !isTouched) return {}
      const place = placeOf(problem)
      if (place === 'endpoint' && draft.endpoint.trim() === '' && !isTried) return {}
      return { [place]: sentence(problem) }
    },
  }
}
