//! The fast model server of the bench: always the same answer, or a stream at the pace that the
//! request asks for, in its fields or, for clients that send none, in the name of its model:
//! `markdown-PIECES-BYTES-MICROSECONDS`. Parses nothing else.

#![expect(clippy::print_stdout, reason = "its address is what it says")]

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use memchr::memmem;
use tokio::net::TcpListener;

const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, and then it rests."},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":16,"total_tokens":58}}"#;

const PIECE: &str = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n";

const END: &str = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// What a stream of Markdown repeats; ASCII, so that it can be cut anywhere.
const MARKDOWN: &str = "\
## How it works\n\n\
A gateway takes a request, asks **one** model and hands on what it says, with `no` change to it. \
See [the paper](https://example.com/paper) for what it does when the model is *silent*.\n\n\
1. It reads the request.\n2. It finds the model.\n   - by name\n   - by feature\n3. It asks.\n\n\
```rust\nfn ask(model: &Model, prompt: &str) -> Result<Answer, Error> {\n    \
let answer = model.send(prompt)?; // waits\n    if answer.is_empty() {\n        \
return Err(Error::Silent(30));\n    }\n    Ok(answer)\n}\n```\n\n\
| step | takes | of it waiting |\n|---|---:|---:|\n| read | 0.1 ms | 0.0 ms |\n\
| ask | 380 ms | 379 ms |\n\n> What is not asked is not answered.\n\n";

type Body = Either<Full<Bytes>, StreamBody<std::pin::Pin<Box<dyn Pieces>>>>;

trait Pieces: futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send {}
impl<T: futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send> Pieces for T {}

// One thread: it shares the machine with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    tests::serve::serve(listener, answer).await;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let Ok(body) = request.into_body().collect().await else {
        return Response::new(Either::Left(Full::default()));
    };
    let body = body.to_bytes();
    if let Some([pieces, bytes, pace]) = asked_by_name(&body) {
        return markdown_of(pieces, bytes, Duration::from_micros(pace));
    }
    let start = &body[..body.len().min(512)];
    match (
        number_after(start, b"\"bench_pieces\":"),
        number_after(start, b"\"bench_pace_us\":"),
    ) {
        (Some(pieces), pace) => stream_of(pieces, Duration::from_micros(pace.unwrap_or(0))),
        _ => tests::serve::json(200, Bytes::from_static(ANSWER.as_bytes())).map(Either::Left),
    }
}

fn stream_of(pieces: u64, pace: Duration) -> Response<Body> {
    paced(pieces, pace, || Bytes::from_static(PIECE.as_bytes()))
}

/// Pieces of Markdown of so many bytes each.
fn markdown_of(pieces: u64, bytes: u64, pace: Duration) -> Response<Body> {
    let mut letters = MARKDOWN.chars().cycle();
    let text = move || {
        let content: String = letters.by_ref().take(bytes as usize).collect();
        let choice =
            serde_json::json!({"index": 0, "delta": {"content": content}, "finish_reason": null});
        let event = serde_json::json!({"id": "chatcmpl-1", "object": "chat.completion.chunk",
            "created": 1_760_000_000, "model": "bench", "choices": [choice]});
        format!("data: {event}\n\n").into()
    };
    paced(pieces, pace, text)
}

fn paced(
    pieces: u64,
    pace: Duration,
    piece: impl FnMut() -> Bytes + Send + 'static,
) -> Response<Body> {
    let start = tokio::time::Instant::now();
    let events = stream::unfold((0, piece), move |(sent, mut piece)| async move {
        if sent > pieces {
            return None;
        }
        // By the clock and not by the time since the last piece, so that delays do not add up.
        if sent > 0 && !pace.is_zero() {
            tokio::time::sleep_until(start + pace * u32::try_from(sent).unwrap_or(u32::MAX)).await;
        }
        let text = match sent == pieces {
            true => Bytes::from_static(END.as_bytes()),
            false => piece(),
        };
        Some((Ok(Frame::data(text)), (sent + 1, piece)))
    });
    let mut response = Response::new(Either::Right(StreamBody::new(Box::pin(events) as _)));
    let kind = http::HeaderValue::from_static("text/event-stream");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}

/// Pieces, bytes of each and microseconds between two, when the model's name tells them.
fn asked_by_name(body: &[u8]) -> Option<[u64; 3]> {
    const MARK: &[u8] = b"\"model\":\"markdown-";
    let rest = &body[memmem::find(body, MARK)? + MARK.len()..];
    let name = str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()?;
    let numbers: Vec<u64> = name.split('-').flat_map(str::parse).collect();
    numbers.try_into().ok()
}

fn number_after(text: &[u8], mark: &[u8]) -> Option<u64> {
    let rest = &text[memmem::find(text, mark)? + mark.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |number, digit| {
        Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0'))
    })
}
