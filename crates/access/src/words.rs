//! Words for people: spans of time, and text of strangers made safe to show.

use jiff::{SignedDuration, Timestamp};

/// At most this many characters, control characters replaced: text of a stranger, to be shown.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let shown = |char: char| if char.is_control() { '\u{fffd}' } else { char };
    let mut cleaned: String = text.chars().take(most).map(shown).collect();
    if text.chars().nth(most).is_some() {
        cleaned.push('…');
    }
    cleaned
}

/// A span of time in its largest unit, such as `2 hours`; its sign is not said.
pub(crate) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().unsigned_abs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// How long before `now` something was, such as `2 hours ago`.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    format!("{} ago", span(now.duration_since(then)))
}
