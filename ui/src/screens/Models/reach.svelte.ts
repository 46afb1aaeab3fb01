// What a form comes to, asked while it is typed: the provider that counts, the variant, the URLs, and what is wrong.

import type { EndpointInput } from '../../api/EndpointInput'
import type { ResolvedEndpoint } from '../../api/ResolvedEndpoint'
import { asError, backend, type ApiError } from '../../backend'
import { providerOf } from '../../state/providers.svelte'
import { entered, setProvider, type Form, type Wrong } from './draft.svelte'

export type Reach = {
  readonly value: ResolvedEndpoint | undefined
  /** The same, as long as it is about the family that is chosen. */
  readonly ofFamily: ResolvedEndpoint | undefined
  /** The identifier without its prefix. */
  readonly sentName: string
  readonly wrong: Wrong
}

export function inputOf(form: Form): EndpointInput {
  const { name, endpoint, provider, identifier, family, connection, id } = entered(form)
  return {
    name,
    endpoint,
    provider,
    identifier,
    family,
    connection,
    ...(form.key ? { key: form.key } : {}),
    ...(id ? { model: id } : {}),
  }
}

export const sentence = ({ message, hint }: ApiError) => `${message} ${hint}`

/** A problem at its field. A field that is still empty is no mistake before someone tried to save. */
function wrongIn({ draft, isTried }: Form, problem: ApiError): Wrong {
  const isTouched = isTried || draft.endpoint.trim() !== '' || draft.identifier.trim() !== ''
  const field = problem.field ?? 'endpoint'
  const auth = draft.connection.auth as Record<string, unknown>
  const typed = field === 'endpoint' ? draft.endpoint : auth[field]
  const isOpen = !isTried && typeof typed === 'string' && typed.trim() === ''
  return isTouched && !isOpen ? { [field]: sentence(problem) } : {}
}

export function reach(form: () => Form): Reach {
  let value = $state.raw<ResolvedEndpoint>()
  let family = $state.raw('')
  const question = $derived.by(() => {
    const { key: _, ...input } = inputOf(form())
    return JSON.stringify(input)
  })

  $effect(() => {
    const asked = question
    const soon = setTimeout(() => {
      const input = JSON.parse(asked) as EndpointInput
      const hear = (answer: ResolvedEndpoint) => {
        if (asked !== question) return
        value = answer
        family = input.family ?? ''
        const now = form()
        const isTyped = now.draft.identifier.trim() !== '' && now.draft.provider !== 'sample'
        if (isTyped && answer.provider !== 'sample' && answer.provider !== now.draft.provider) {
          setProvider(now, answer.provider)
          now.switched = answer.provider
        }
      }
      // A form that cannot be asked about is not the form's fault.
      backend.call('resolve_endpoint', input).then(hear, (thrown) => {
        if (asked === question && value) value = { ...value, problem: asError(thrown) }
      })
    }, 200)
    return () => clearTimeout(soon)
  })

  return {
    get value() {
      return value
    },
    get ofFamily() {
      return family === form().draft.family ? value : undefined
    },
    get sentName() {
      const { identifier, provider } = form().draft
      const prefix = providerOf(provider)?.prefix ?? ''
      const typed = identifier.trim()
      return value?.sent_name || (prefix && typed.startsWith(prefix) ? typed.slice(prefix.length) : typed)
    },
    get wrong() {
      const problem = value?.problem
      return problem ? wrongIn(form(), problem) : {}
    },
  }
}
