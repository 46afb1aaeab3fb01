// Reads images that somebody chose, pasted or dropped.

import { playground } from '../../../text/playground'

const words = playground.images
export const MOST_IMAGES = 8
const MOST_BYTES = 5_000_000
export const IMAGE_KINDS = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

export type Chosen = { images: string[]; problem: string | undefined }

/** The files as `data:` URLs, as far as there is room, and what is wrong with the first that is not taken. */
export async function imagesOf(files: Iterable<File>, have: number): Promise<Chosen> {
  const images: string[] = []
  let problem: string | undefined
  for (const file of files) {
    const name = file.name || words.image(1)
    if (have + images.length >= MOST_IMAGES) problem ??= words.tooMany
    else if (!IMAGE_KINDS.includes(file.type)) problem ??= words.wrong(name)
    else if (file.size > MOST_BYTES) problem ??= words.tooLarge(name)
    else images.push(await dataUrl(file))
  }
  return { images, problem }
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'))
    reader.readAsDataURL(file)
  })
}
