//! Takes the key out of a body that names a model with its key, as GitLab's do. Reads no other
//! field.

use std::borrow::Cow;

use serde_json::Value;

/// The fields that carry a key: GitLab's `model_metadata.api_key`, and the older `model_api_key`.
const FIELDS: [&str; 2] = ["api_key", "model_api_key"];

/// How both of them end.
const END: &str = "api_key";

/// What stands in its place, as in the logs of GitLab's own gateway.
const MASK: &str = "**********";

/// The body without the values of its fields named `api_key`. One without such a field is returned
/// as it is; one that cannot be read as JSON loses the text after each such name.
pub(super) fn without_keys(body: &[u8]) -> Cow<'_, [u8]> {
    // A JSON text may spell the name with escapes.
    let may_have_one = memchr::memmem::find(body, b"api_key").is_some()
        || memchr::memmem::find(body, b"\\u00").is_some();
    if !may_have_one {
        return Cow::Borrowed(body);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => match mask(&mut value) {
            true => Cow::Owned(value.to_string().into_bytes()),
            false => Cow::Borrowed(body),
        },
        Err(_) => without_texts(body),
    }
}

/// Whether anything was masked.
fn mask(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let mut found = false;
            for (name, value) in fields.iter_mut() {
                if FIELDS.contains(&name.as_str()) && !value.is_null() && value != "" {
                    *value = MASK.into();
                    found = true;
                } else {
                    found |= mask(value);
                }
            }
            found
        }
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |found, value| mask(value) | found),
        _ => false,
    }
}

/// Cuts the text that follows the name, up to the quote that ends it, or the end.
fn without_texts(body: &[u8]) -> Cow<'_, [u8]> {
    let mut shown = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(place) = memchr::memmem::find(rest, END.as_bytes()) {
        let (before, after) = rest.split_at(place + END.len());
        shown.extend_from_slice(before);
        let is_between =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b':' | b'\\' | b'=');
        let start = after.iter().position(|byte| !is_between(byte));
        let start = start.unwrap_or(after.len());
        shown.extend_from_slice(&after[..start]);
        let value = &after[start..];
        let end = value.iter().position(|byte| *byte == b'"');
        shown.extend_from_slice(MASK.as_bytes());
        rest = &value[end.unwrap_or(value.len())..];
    }
    shown.extend_from_slice(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_body_is_masked_however_it_is_written() {
        for (body, shown) in [
            (r#"{"api_key":"k1"}"#, r#"{"api_key":"**********"}"#),
            (
                r#"{"a":[{"api_key": "k1"}]}"#,
                r#"{"a":[{"api_key":"**********"}]}"#,
            ),
            (
                r#"{"model_api_key":"k1"}"#,
                r#"{"model_api_key":"**********"}"#,
            ),
            (r#"{"api\u005fkey":"k1"}"#, r#"{"api_key":"**********"}"#),
            (
                r#"{"api_key":"k1","api_key":"k2"}"#,
                r#"{"api_key":"**********"}"#,
            ),
            (r#"{"api_key":"k1","#, r#"{"api_key":"**********","#),
            (r#"{"api_key" : "k1"#, r#"{"api_key" : "**********"#),
            (r#"{ "api_key": null }"#, r#"{ "api_key": null }"#),
            (r#"{ "text": "no key" }"#, r#"{ "text": "no key" }"#),
        ] {
            let masked = without_keys(body.as_bytes()).into_owned();
            assert_eq!(String::from_utf8(masked).unwrap(), shown, "{body}");
        }
    }
}
