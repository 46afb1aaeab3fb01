//! Measures how deep JSON is nested, without reading it. What is nested without end breaks the
//! programs that read it, so it goes neither to a server nor to a client.

use memchr::memchr2;

/// The deepest nesting that passes. JSON libraries give up at about this depth or break.
const DEEPEST: usize = 200;

/// Whether a JSON text is nested deeper than programs bear.
pub(crate) fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(byte) = json.get(place) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => place = end_of_text(json, place + 1),
            _ => {}
        }
        place += 1;
    }
    false
}

/// Where the text ends whose first letter stands at `place`.
fn end_of_text(json: &[u8], mut place: usize) -> usize {
    while let Some(distance) = json
        .get(place..)
        .and_then(|rest| memchr2(b'"', b'\\', rest))
    {
        place += distance;
        if json[place] == b'"' {
            return place;
        }
        place += 2;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nesting_counts_and_not_what_stands_in_texts() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(is_too_deep(deep.as_bytes()));
        let text = format!("{{\"a\\\"\\\\\":\"{}\"}}", "[".repeat(10_000));
        assert!(!is_too_deep(text.as_bytes()), "brackets in a text");
        let wide = "[[1],[2]]".repeat(10_000);
        assert!(!is_too_deep(wide.as_bytes()));
        for broken in ["\"", "\"\\", "]]]}", "{\"a"] {
            assert!(!is_too_deep(broken.as_bytes()), "{broken}");
        }
    }
}
