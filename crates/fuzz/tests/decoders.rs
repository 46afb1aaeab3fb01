//! Streams of every form, damaged and cut anywhere: no panic, the same outcome however they are
//! cut, no text that the wire does not hold, and no growth without bound.

use std::time::{Duration, Instant};

use fuzz::{Cut, cuts, damaged, fuzz, pieces, recorded};
use proptest::prelude::*;
use providers::{AnswerForm, Event, Reply, UpstreamError};

const RECORDED: &str = "crates/providers/tests/recorded";
const GOLDEN: &str = "crates/providers/tests/golden";
const FRAMES: &str = "crates/providers/tests/bedrock";

/// Server-sent events.
const SSE: [AnswerForm; 4] = [
    AnswerForm::OpenaiChat,
    AnswerForm::OpenaiText,
    AnswerForm::Infill,
    AnswerForm::Anthropic,
];

/// AWS event streams.
const EVENT_STREAM: [AnswerForm; 3] = [
    AnswerForm::Converse,
    AnswerForm::InvokeMistral,
    AnswerForm::InvokeAnthropic,
];

fn sse_seeds() -> Vec<Vec<u8>> {
    let mut seeds = recorded(RECORDED, ".txt");
    seeds.extend(recorded(GOLDEN, "stream.txt"));
    seeds.push(infill_stream());
    seeds.push(lines_of_another_system());
    seeds
}

/// Events in two lines, with the line ends of another system; the text is `abab`.
fn lines_of_another_system() -> Vec<u8> {
    let event =
        b"data: {\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"ab\"}}]}\r\n\r\n";
    [&event[..], event, b"data: [DONE]\r\n\r\n"].concat()
}

fn infill_stream() -> Vec<u8> {
    let piece =
        |text: &str, stop: bool| format!("data: {{\"content\":\"{text}\",\"stop\":{stop}}}\n\n");
    [piece("a", false), piece(" + b", false), piece("", true)]
        .concat()
        .into_bytes()
}

fn ndjson_seeds() -> Vec<Vec<u8>> {
    let line = |text: &str| format!("{{\"model\":\"m\",\"response\":\"{text}\",\"done\":false}}\n");
    let end = "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":3,\"eval_count\":2}\n";
    let good = [&line("Gr\u{fc}\u{df}e"), &line(" \u{1f680}"), end].concat();
    let broken = [&line("a"), "{\"error\":\"the model broke\"}\n"].concat();
    vec![good.into_bytes(), broken.into_bytes()]
}

/// What a decoder makes of these pieces: the answer, and the error that ended it.
fn decode(form: AnswerForm, pieces: &[&[u8]]) -> (Reply, Result<(), UpstreamError>) {
    let mut decoder = form.decoder().expect("the form has streams");
    let mut events: Vec<Event> = Vec::new();
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut events) {
            return (Reply::from_events(events), Err(error));
        }
    }
    let end = decoder.finish(&mut events);
    (Reply::from_events(events), end)
}

/// Cut or not, the outcome is the same; and no more text comes out than went in.
fn check(form: AnswerForm, bytes: &[u8], cuts: &[Cut]) -> Result<(), TestCaseError> {
    let (whole, end) = decode(form, &[bytes]);
    let (cut, cut_end) = decode(form, &pieces(bytes, cuts));
    prop_assert_eq!(
        &whole,
        &cut,
        "{:?}: the same answer however it is cut",
        form
    );
    prop_assert_eq!(
        end.is_ok(),
        cut_end.is_ok(),
        "{:?}: {:?} or {:?}",
        form,
        end,
        cut_end
    );
    prop_assert!(
        whole.text.len() <= bytes.len(),
        "{:?} made text of nothing",
        form
    );
    // The same bytes as one document: whatever they are, there is an answer or an error.
    let _ = form.events(bytes, "host:1");
    Ok(())
}

#[test]
fn server_sent_events() {
    let strategy = (
        proptest::sample::select(&SSE[..]),
        damaged(sse_seeds()),
        cuts(),
    );
    fuzz(&strategy, |(form, bytes, cuts)| check(form, &bytes, &cuts));
}

#[test]
fn events_in_many_lines_keep_their_text_wherever_they_are_cut() {
    let wire = lines_of_another_system();
    fuzz(&cuts(), |cuts| {
        let (said, end) = decode(AnswerForm::OpenaiChat, &pieces(&wire, &cuts));
        prop_assert!(end.is_ok(), "{:?}", end);
        prop_assert_eq!(said.text, "abab");
        Ok(())
    });
}

#[test]
fn lines_of_json() {
    fuzz(&(damaged(ndjson_seeds()), cuts()), |(bytes, cuts)| {
        check(AnswerForm::OllamaGenerate, &bytes, &cuts)
    });
}

#[test]
fn event_streams() {
    let strategy = (
        proptest::sample::select(&EVENT_STREAM[..]),
        damaged(recorded(FRAMES, ".bin")),
        cuts(),
    );
    fuzz(&strategy, |(form, bytes, cuts)| check(form, &bytes, &cuts));
}

/// A frame is believed only as it was written: with one bit wrong there is an error, and the text
/// is the beginning of the text that was meant.
#[test]
fn a_flipped_bit_in_an_event_stream_is_an_error() {
    let seed = recorded(FRAMES, "converse-stream.bin").remove(0);
    let (meant, end) = decode(AnswerForm::Converse, &[&seed]);
    assert!(
        end.is_ok() && !meant.text.is_empty(),
        "the seed is good: {end:?}"
    );
    let strategy = (any::<proptest::sample::Index>(), 0..8_u8);
    fuzz(&strategy, |(index, bit)| {
        let mut bytes = seed.clone();
        let place = index.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let (said, end) = decode(AnswerForm::Converse, &[&bytes]);
        prop_assert!(end.is_err(), "bit {bit} of byte {place}");
        prop_assert!(meant.text.starts_with(&said.text), "{}", said.text);
        Ok(())
    });
}

/// How much of an endless event is taken before it is refused.
const AT_MOST: usize = 17 * 1024 * 1024;

/// The start of an event of this form that never ends.
fn endless(form: AnswerForm) -> &'static [u8] {
    match form {
        AnswerForm::OllamaGenerate => b"{\"response\":\"",
        AnswerForm::Anthropic => {
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
        }
        // A frame that says it is 20 MB long, with a checksum that says so, too.
        AnswerForm::Converse | AnswerForm::InvokeMistral | AnswerForm::InvokeAnthropic => {
            b"\x01\x31\x2d\x00\x00\x00\x00\x00"
        }
        _ => b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
    }
}

const ALL: [AnswerForm; 8] = [
    AnswerForm::OpenaiChat,
    AnswerForm::OpenaiText,
    AnswerForm::Infill,
    AnswerForm::Anthropic,
    AnswerForm::OllamaGenerate,
    AnswerForm::Converse,
    AnswerForm::InvokeMistral,
    AnswerForm::InvokeAnthropic,
];

#[test]
fn an_event_of_20_mb_is_refused_in_the_middle() {
    let more = vec![b'x'; 64 * 1024];
    for form in ALL {
        let mut decoder = form.decoder().expect("the form has streams");
        let mut events = Vec::new();
        let mut taken = 0;
        let mut result = decoder.push(endless(form), &mut events);
        while result.is_ok() && taken < 20_000_000 {
            result = decoder.push(&more, &mut events);
            taken += more.len();
        }
        assert!(result.is_err(), "{form:?} took all of it");
        assert!(taken <= AT_MOST, "{form:?} took {taken} bytes");
        assert_eq!(Reply::from_events(events).text, "", "{form:?}");
    }
}

#[test]
fn what_nests_ten_thousand_deep_is_an_error_or_nothing() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let object = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for form in ALL {
        for nested in [&deep, &object] {
            for wire in [
                format!("data: {nested}\n\n"),
                format!("{nested}\n"),
                format!("data: {{\"choices\":{nested}}}\n\n"),
                format!("{{\"response\":{nested}}}\n"),
            ] {
                let (said, _) = decode(form, &[wire.as_bytes()]);
                assert_eq!(said.text, "", "{form:?}");
                let _ = form.events(wire.as_bytes(), "host:1");
            }
        }
    }
}

/// Lines of 100 kB are unusual and no error; and many of them take no longer than they should.
#[test]
fn long_lines_pass() {
    let text = "x".repeat(100_000);
    let chat =
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let ollama = format!("{{\"model\":\"m\",\"response\":\"{text}\",\"done\":false}}\n");
    for (form, line) in [
        (AnswerForm::OpenaiChat, chat),
        (AnswerForm::OllamaGenerate, ollama),
    ] {
        let wire = line.repeat(20);
        let pieces: Vec<&[u8]> = wire.as_bytes().chunks(1_000).collect();
        let begin = Instant::now();
        let (said, _) = decode(form, &pieces);
        assert_eq!(said.text.len(), 20 * text.len(), "{form:?}");
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{form:?}: {:?}",
            begin.elapsed()
        );
    }
}
