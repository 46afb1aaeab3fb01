// What is open beside a trial: the drawer with its tab and its column, the settings, the history, a dialog.

import { current } from '../../state/trial.svelte'

export type DrawerTab = 'prompt' | 'raw' | 'code'
export type Question = 'diff' | 'case'

let tab = $state<DrawerTab>()
let column = $state(0)
let settings = $state<number>()
let isHistory = $state(false)
let question = $state<Question>()

export const panels = {
  /** The tab of the drawer, while it is open. */
  get tab() {
    return tab
  },
  /** The column whose answer is looked at. */
  get column() {
    return Math.min(column, current.trial.columns.length - 1)
  },
  /** The column whose settings are open. */
  get settings() {
    return settings === undefined ? undefined : Math.min(settings, current.trial.columns.length - 1)
  },
  /** Whether the folded history is unfolded. */
  get isHistory() {
    return isHistory
  },
  get question() {
    return question
  },
  /** Opens the drawer at a tab, or closes it. */
  show(next: DrawerTab | undefined) {
    tab = next === tab ? undefined : next
  },
  look(at: number) {
    column = at
  },
  settle(at: number | undefined) {
    settings = at
  },
  history(open: boolean) {
    isHistory = open
  },
  ask(next: Question | undefined) {
    question = next
  },
}
