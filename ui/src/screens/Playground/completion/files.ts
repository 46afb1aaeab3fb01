// Files that someone opens in the playground.

import { code } from '../../../text/code'

/** The largest file, in bytes. */
export const MOST_BYTES = 1024 * 1024

/** The text of a file; nothing when it is none. */
export function textOf(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

export const languageBadge = (title: string | undefined): string => title ?? code.file.plain
