// How long the strip over the rows is, and what a part of it is as terms of the query.

import type { ActivityBucket } from '../../api/ActivityBucket'
import { momentOf, valueOf, withTerms } from './query'

/** Minutes, in steps that people think in; the back end looks no further back. */
const SPANS = [60, 180, 360, 720, 1440, 4320, 10_080, 43_200, 100_000]

/** The shortest span that shows everything since a moment, up to the bar of the clock that it begins in. */
export function spanFor(since: number | undefined, now: number): number {
  const minutes = since === undefined ? 0 : (now - since) / 60_000
  return SPANS.find((span) => span >= minutes) ?? 100_000
}

/** A part of the strip: shares of its length, 0 to 1. */
export type Part = { from: number; to: number }

/** Less than any step of a hand; what shares lose when they are reckoned. */
const NEAR = 1e-6

/** The whole bars between two shares: what is drawn as chosen is chosen. */
export function wholeBars(one: number, other: number, places: number): Part {
  const from = Math.floor(Math.min(one, other) * places + NEAR)
  const to = Math.ceil(Math.max(one, other) * places - NEAR)
  return { from: from / places, to: to / places }
}

/** The part with one of its sides moved to an edge of a bar; at least one bar stays between the two. */
export function withSide(part: Part, side: keyof Part, to: number, places: number): Part {
  const step = 1 / places
  const edge = (share: number) => Math.round(share * places) / places
  return side === 'from'
    ? { from: edge(Math.max(0, Math.min(part.to - step, to))), to: part.to }
    : { from: part.from, to: edge(Math.min(1, Math.max(part.from + step, to))) }
}

/** What a query leaves of the strip, whose last bar may end after now; nothing when it names no time. */
export function partOf(query: string, start: number, end: number, now: number): Part | undefined {
  const since = momentOf(valueOf(query, 'since'), now)
  const until = momentOf(valueOf(query, 'until'), now)
  if (since === undefined && until === undefined) return undefined
  const share = (at: number) => Math.min(1, Math.max(0, (at - start) / (end - start)))
  const from = share(since ?? start)
  return { from, to: Math.max(from, share(until ?? end)) }
}

/** How high the strip is, and what is left free above its highest bar. */
export const HEIGHT = 44
const ABOVE = 6

/**
 * The bars as two paths, each place one unit wide: all, and what failed over them. Two shapes for each bar
 * made a frame that was seen whenever the strip was looked at anew.
 */
export function bars(buckets: Pick<ActivityBucket, 'requests' | 'errors'>[]): {
  all: string
  failed: string
} {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.requests))
  const bar = (place: number, count: number, least: number) => {
    if (count === 0) return ''
    const top = HEIGHT - Math.max(least, (count / most) * (HEIGHT - ABOVE))
    return `M${place + 0.1} ${HEIGHT}V${top.toFixed(2)}h.8V${HEIGHT}z`
  }
  const paths = { all: '', failed: '' }
  buckets.forEach((bucket, place) => {
    paths.all += bar(place, bucket.requests, 2)
    paths.failed += bar(place, bucket.errors, 3)
  })
  return paths
}

const two = (value: number) => String(value).padStart(2, '0')

/** A moment as the reader's clock shows it, with its zone, so that it means the same everywhere. */
export function written(at: number): string {
  const date = new Date(at)
  const zone = -date.getTimezoneOffset()
  const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60]
  const local = new Date(at + zone * 60_000).toISOString().slice(0, 19)
  if (zone === 0) return `${local}Z`
  return `${local}${zone < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

/** The query for a part; the last bar holds now and so its end is no limit, and the whole is no part. */
export function queryFor(query: string, part: Part | undefined, start: number, end: number): string {
  const at = (share: number) => Math.round(start + share * (end - start))
  const isWhole = part === undefined || (part.from <= 0 && part.to >= 1)
  return withTerms(query, {
    since: isWhole ? undefined : written(at(part.from)),
    // What is written has no part of a second; a limit that lost one would leave rows out.
    until: isWhole || part.to >= 1 ? undefined : written(Math.ceil(at(part.to) / 1000) * 1000),
  })
}
