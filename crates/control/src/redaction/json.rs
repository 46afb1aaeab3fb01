//! Finds the texts of JSON: of a document, and of the events of a stream, where one text comes in
//! parts. Knows no rules. What cannot be read stays as it is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::MARK;

/// Replaces in one text of a field of this name; the same where there is nothing to replace.
type Replace<'r> = dyn for<'t> FnMut(&str, &'t [u8]) -> Cow<'t, [u8]> + 'r;

/// The bytes with the texts of their JSON replaced.
pub(super) fn redact<'a>(bytes: &'a [u8], replace: &mut Replace<'_>) -> Cow<'a, [u8]> {
    if let Ok(mut value) = serde_json::from_slice::<Value>(bytes)
        && (value.is_object() || value.is_array())
    {
        return match whole(&mut value, replace) {
            true => Cow::Owned(value.to_string().into_bytes()),
            false => Cow::Borrowed(bytes),
        };
    }
    stream(bytes, replace)
}

/// A line of a stream: where its JSON stands, and what it says.
struct Event {
    from: usize,
    to: usize,
    value: Value,
    is_changed: bool,
}

/// Lines with an object each, behind `data:` or bare.
fn stream<'a>(bytes: &'a [u8], replace: &mut Replace<'_>) -> Cow<'a, [u8]> {
    let mut events = Vec::new();
    let mut from = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let data = line.strip_prefix(b"data:").unwrap_or(line);
        let text = data.trim_ascii();
        if text.starts_with(b"{")
            && let Ok(value) = serde_json::from_slice::<Value>(text)
        {
            let start = from + line.len() - data.trim_ascii_start().len();
            events.push(Event {
                from: start,
                to: start + text.len(),
                value,
                is_changed: false,
            });
        }
        from += line.len();
    }
    // First together: a part that is replaced by itself would hide where the rest of it stands.
    join(&mut events, replace);
    for event in &mut events {
        event.is_changed |= whole(&mut event.value, replace);
    }
    if !events.iter().any(|event| event.is_changed) {
        return Cow::Borrowed(bytes);
    }
    let mut shown = Vec::with_capacity(bytes.len());
    let mut end = 0;
    for event in events.iter().filter(|event| event.is_changed) {
        shown.extend_from_slice(&bytes[end..event.from]);
        shown.extend_from_slice(event.value.to_string().as_bytes());
        end = event.to;
    }
    shown.extend_from_slice(&bytes[end..]);
    Cow::Owned(shown)
}

/// Replaces what stands across several events: the texts at the same place of each are one text. The
/// mark stands in the first, and the rest of what it stands for is taken from the others.
fn join(events: &mut [Event], replace: &mut Replace<'_>) {
    let mut texts: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (number, event) in events.iter_mut().enumerate() {
        at_each(&mut event.value, String::new(), &mut |place, text| {
            let parts = texts.entry(place.to_owned()).or_default();
            parts.push((number, text.clone()));
        });
    }
    // What every event repeats, such as an id, is no text in parts.
    let is_parted = |parts: &[(usize, String)]| parts.iter().any(|(_, text)| *text != parts[0].1);
    for (place, parts) in texts.iter().filter(|(_, parts)| is_parted(parts)) {
        let whole: String = parts.iter().map(|(_, text)| text.as_str()).collect();
        let Cow::Owned(other) = replace(name_in(place), whole.as_bytes()) else {
            continue;
        };
        let other = String::from_utf8_lossy(&other).into_owned();
        let mut pieces = cut_again(&whole, &other, parts).into_iter();
        let mut numbers: Vec<_> = parts.iter().map(|(number, _)| *number).collect();
        numbers.dedup();
        for number in numbers {
            let event = &mut events[number];
            let mut is_changed = false;
            at_each(&mut event.value, String::new(), &mut |here, text| {
                if here == place
                    && let Some(piece) = pieces.next()
                {
                    is_changed |= *text != piece;
                    *text = piece;
                }
            });
            event.is_changed |= is_changed;
        }
    }
}

/// The replaced text in as many parts as the text had: what comes before a mark and what follows it
/// stays in its part.
fn cut_again(whole: &str, other: &str, parts: &[(usize, String)]) -> Vec<String> {
    let mut pieces = Vec::with_capacity(parts.len());
    // Kept stretches, from the old text to the new one: where each begins in both.
    let kept: Vec<&str> = other.split(MARK).collect();
    let mut stretches = Vec::with_capacity(kept.len());
    let mut old = 0;
    for (number, stretch) in kept.iter().enumerate() {
        let is_last = number + 1 == kept.len();
        let found = match (number, is_last) {
            (0, _) => Some(0),
            (_, true) => whole.len().checked_sub(stretch.len()),
            _ => whole[old..].find(stretch).map(|place| old + place),
        };
        // A text that has marks of its own: it is kept in one part.
        let Some(place) = found.filter(|place| *place >= old) else {
            pieces.push(other.to_owned());
            pieces.resize(parts.len(), String::new());
            return pieces;
        };
        stretches.push((place, place + stretch.len()));
        old = place + stretch.len();
    }
    let mut from = 0;
    let mut marked = 0;
    for (_, part) in parts {
        let to = from + part.len();
        let mut piece = String::new();
        for (number, (begin, end)) in stretches.iter().enumerate() {
            let (begin, end) = (*begin.max(&from), *end.min(&to));
            if begin < end {
                piece.push_str(whole.get(begin..end).unwrap_or_default());
            }
            let mark_begins = stretches[number].1;
            let has_mark = number + 1 < stretches.len() && number == marked;
            if has_mark && (from..to).contains(&mark_begins) {
                piece.push_str(MARK);
                marked += 1;
            }
        }
        pieces.push(piece);
        from = to;
    }
    pieces
}

/// Replaces in every text of a value, and says whether there was anything to replace.
fn whole(value: &mut Value, replace: &mut Replace<'_>) -> bool {
    let mut is_changed = false;
    at_each(value, String::new(), &mut |place, text| {
        if let Cow::Owned(other) = replace(name_in(place), text.as_bytes()) {
            *text = String::from_utf8_lossy(&other).into_owned();
            is_changed = true;
        }
    });
    is_changed
}

/// The name of the field in which a text stands, also as one of a list.
fn name_in(place: &str) -> &str {
    let name = place.rsplit('.').next().unwrap_or_default();
    name.trim_end_matches("[]")
}

/// Goes through every text of a value with its place: the names of the fields on the way to it, and
/// the numbers by which a stream tells its choices and blocks apart.
fn at_each(value: &mut Value, place: String, look: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => look(&place, text),
        Value::Array(values) => {
            for value in values {
                at_each(value, format!("{place}[]"), look);
            }
        }
        Value::Object(fields) => {
            let number = fields.get("index").and_then(Value::as_u64);
            let place = number.map_or(place.clone(), |number| format!("{place}#{number}"));
            for (name, value) in fields.iter_mut() {
                at_each(value, format!("{place}.{name}"), look);
            }
        }
        _ => {}
    }
}
