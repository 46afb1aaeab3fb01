// The recording, from anywhere: its banner, the status bar, Logs and the palette.

import type { RecordingView } from '../api/RecordingView'
import type { StartRecording } from '../api/StartRecording'
import { backend } from '../backend'
import { recording as words } from '../text/recording'
import { tell, tellProblem } from './toasts.svelte'
import { setStatus, world } from './world.svelte'

let asking = $state<'start' | 'purge'>()

export const recording = {
  get now(): RecordingView | undefined {
    return world.status?.recording
  },
  /** Which question about it is open. */
  get asking() {
    return asking
  },
  ask(question: 'start' | 'purge' | undefined) {
    asking = question
  },
}

/** The status is pushed, too; what was ordered here shows at once. */
function show(next: RecordingView): void {
  if (world.status) setStatus({ ...world.status, recording: next })
}

export async function record(wanted: StartRecording): Promise<void> {
  show(await backend.call('start_recording', wanted))
}

export async function allowGitlab(allowed: boolean): Promise<void> {
  show(await backend.call('allow_gitlab_recording', allowed))
}

export async function stop(): Promise<void> {
  try {
    show(await backend.call('stop_recording'))
  } catch (thrown) {
    tellProblem(thrown)
  }
}

/** Says that the recording has ended, however it did: by a hand, in another window, or with its time. */
export function tellEnd({ requests }: RecordingView): void {
  const why = requests > 0 ? words.stoppedHeld(requests) : words.stoppedNone
  tell({ kind: 'done', what: words.stopped, why })
}

export async function purge(): Promise<void> {
  const before = recording.now?.requests ?? 0
  show(await backend.call('purge_recordings'))
  tell({ kind: 'done', what: words.purging.done(before) })
}

/** The names of the features that are recorded; none means all requests. */
export function recordedFeatures(): string[] {
  return (recording.now?.features ?? []).map(
    (feature) => world.features.find((view) => view.feature === feature)?.title ?? feature,
  )
}
