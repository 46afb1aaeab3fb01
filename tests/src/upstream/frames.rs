//! Writes frames of AWS event streams: lengths, headers, payload and two checksums. Written from
//! the format's description, so that it can contradict a decoder.

use bytes::Bytes;

/// The type of a header's value that is a text.
const TEXT: u8 = 7;

/// One frame with these headers.
pub fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(name.len() as u8);
        head.extend_from_slice(name.as_bytes());
        head.push(TEXT);
        head.extend_from_slice(&(value.len() as u16).to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    // Two lengths and two checksums of four bytes each.
    let total = 16 + head.len() + payload.len();
    let mut frame = Vec::with_capacity(total);
    frame.extend_from_slice(&(total as u32).to_be_bytes());
    frame.extend_from_slice(&(head.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.into()
}

/// An event of this type.
pub fn event(kind: &str, payload: &serde_json::Value) -> Bytes {
    let headers = [
        (":event-type", kind),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    frame(&headers, payload.to_string().as_bytes())
}

/// An error that comes after status 200.
pub fn exception(kind: &str, words: &str) -> Bytes {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    let payload = serde_json::json!({"message": words}).to_string();
    frame(&headers, payload.as_bytes())
}
