// Numbers and times as people read them. No locale is asked for: a bare machine reports one that does not exist.

const whole = new Intl.NumberFormat('en')
export const NONE = '–'

export function count(value: number): string {
  return whole.format(value)
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `142 ms`, `1.92 s`, `21.4 s`, `2 min 5 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`
}

/** The same with a part of a millisecond: `0.4 ms`, `12.5 ms`. */
export function fine(ms: number): string {
  return ms < 100 ? `${ms.toFixed(1)} ms` : duration(ms)
}

/** How long something runs already, in whole seconds: `0 s`, `12 s`, `2 min 5 s`. */
export function running(since: number, now: number): string {
  const ms = Math.max(0, now - since)
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : duration(ms)
}

/** Two durations in the unit of the longer one: `96 / 168 ms`, `0.74 / 1.42 s`. */
export function range(from: number | null | undefined, to: number | null | undefined): string {
  if (from === null || from === undefined || to === null || to === undefined) return NONE
  if (to < 1000) return `${Math.round(from)} / ${Math.round(to)} ms`
  const digits = to < 9_995 ? 2 : 1
  return `${(from / 1000).toFixed(digits)} / ${(to / 1000).toFixed(digits)} s`
}

/** `12 s`, `5 min`, `3 h 10 min`, `6 d 4 h`. */
export function age(at: string | null | undefined, now: number): string {
  if (!at) return NONE
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return hours < 10 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  const days = Math.floor(hours / 24)
  return days < 10 && hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`
}

/** `41 bytes`, `12 kB`, `1.3 MB`, in powers of ten as everywhere in Gatehouse. */
export function bytes(value: number): string {
  if (value < 1000) return plural(value, 'byte')
  if (value < 999_500) return `${value < 9950 ? (value / 1000).toFixed(1) : Math.round(value / 1000)} kB`
  return `${(value / 1_000_000).toFixed(1)} MB`
}

/** What is left until a time: `0:09`, `7:12`, `1:02:11`, `2 d 4 h`. */
export function left(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000))
  const hours = Math.floor(seconds / 3600)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  const minutes = Math.floor(seconds / 60) % 60
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`
}

/** `14:39`, and the day too when it is not today: `Tue 17 Nov, 14:39`. */
export function clockTime(at: string, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString()
  return isToday ? time(at).slice(0, 5) : moment(at)
}

/** An id that is long by its ends. Ids of one hour begin alike, with the clock: their last letters differ. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 4)}…${id.slice(-8)}`
}

const two = (value: number) => String(value).padStart(2, '0')
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `14:32:07`, and with `fine` also the milliseconds. */
export function time(at: string, fine = false): string {
  const date = new Date(at)
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return fine ? `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}` : seconds
}

/** `Mon 16 Nov, 10:21`. */
export function moment(at: string): string {
  const date = new Date(at)
  const day = `${DAYS[date.getDay()]} ${date.getDate()} ${MONTHS[date.getMonth()]}`
  return `${day}, ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The same with seconds: `Sun 22 Nov, 14:32:07`. */
export function instant(at: string): string {
  return `${moment(at)}:${two(new Date(at).getSeconds())}`
}

/** Share of failures: `0.9 %`, or a dash when nothing was asked. */
export function share(part: number, all: number): string {
  if (all === 0) return NONE
  const percent = (part / all) * 100
  return `${percent === 100 ? '100' : percent.toFixed(1)} %`
}

/** `http://127.0.0.1:5052/v1` and a URL in parts: what was typed, and what a request adds. */
export function tail(url: string, typed: string): [string, string] {
  const base = typed.trim().replace(/\/+$/, '')
  return url.startsWith(base) ? [base, url.slice(base.length)] : [url, '']
}
