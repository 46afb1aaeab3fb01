use http::StatusCode;

use crate::{AnswerForm, Event, FinishReason, Reply, UpstreamError, Usage};

const CONVERSE: &[u8] = include_bytes!("../../../tests/bedrock/converse-stream.bin");
const MISTRAL: &[u8] = include_bytes!("../../../tests/bedrock/invoke-mistral.bin");
const ANTHROPIC: &[u8] = include_bytes!("../../../tests/bedrock/invoke-anthropic.bin");
const EXCEPTION: &[u8] = include_bytes!("../../../tests/bedrock/exception.bin");
const ERROR: &[u8] = include_bytes!("../../../tests/bedrock/error.bin");

fn read(form: AnswerForm, pieces: &[&[u8]]) -> (Vec<Event>, Result<(), UpstreamError>) {
    let (mut decoder, mut events) = (form.decoder().unwrap(), Vec::new());
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut events) {
            return (events, Err(error));
        }
    }
    let outcome = decoder.finish(&mut events);
    (events, outcome)
}

/// The answer of a stream that is cut at every place, and then in every place at once.
fn read_at_every_cut(form: AnswerForm, stream: &[u8]) -> (Vec<Event>, Reply) {
    let (expected, outcome) = read(form, &[stream]);
    assert_eq!(outcome, Ok(()));
    for cut in 0..stream.len() {
        let (events, outcome) = read(form, &[&stream[..cut], &stream[cut..]]);
        assert_eq!((&events, outcome), (&expected, Ok(())), "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(form, &bytes).0, expected);
    (expected.clone(), Reply::from_events(expected))
}

fn text_of(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Text(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

#[test]
fn a_stream_of_converse_cut_anywhere_gives_the_same_answer() {
    let (events, reply) = read_at_every_cut(AnswerForm::Converse, CONVERSE);
    let call = |id: &str, name: &str, arguments: &str| (id.into(), name.into(), arguments.into());
    let expected = Reply {
        text: "Grüße, 日本".into(),
        reasoning: "Hm.".into(),
        signature: Some("c2ln".into()),
        tool_calls: vec![
            call("t1", "weather", "{\"city\":\"Köln\"}"),
            call("t2", "now", "{}"),
        ],
        call_numbers: vec![0, 1],
        usage: Usage {
            prompt: Some(10),
            completion: Some(9),
            cached: Some(3),
            reasoning: None,
        },
        finish: Some(FinishReason::ToolCalls),
        ..Reply::default()
    };
    assert_eq!(reply, expected);
    assert!(matches!(
        events[..],
        [
            Event::Started { .. },
            ..,
            Event::Usage(_),
            Event::Finish { .. }
        ]
    ));
}

#[test]
fn streams_of_invoke_give_the_answer_of_the_vendor() {
    let (_, mistral) = read_at_every_cut(AnswerForm::InvokeMistral, MISTRAL);
    let (_, anthropic) = read_at_every_cut(AnswerForm::InvokeAnthropic, ANTHROPIC);
    for (reply, finish) in [
        (mistral, FinishReason::Length),
        (anthropic, FinishReason::Stop),
    ] {
        assert_eq!((reply.text.as_str(), reply.finish), ("Hello", Some(finish)));
        assert_eq!(
            (reply.usage.prompt, reply.usage.completion),
            (Some(4), Some(2))
        );
    }
}

#[test]
fn a_flipped_bit_is_an_error_and_never_text() {
    for (form, stream) in [
        (AnswerForm::Converse, CONVERSE),
        (AnswerForm::InvokeMistral, MISTRAL),
    ] {
        let whole = text_of(&read(form, &[stream]).0);
        for at in 0..stream.len() {
            let mut broken = stream.to_vec();
            broken[at] ^= 1 << (at % 8);
            let (events, outcome) = read(form, &[&broken]);
            assert!(
                matches!(outcome, Err(UpstreamError::Damaged(_))),
                "byte {at}: {outcome:?}"
            );
            let text = text_of(&events);
            assert!(
                whole.starts_with(&text),
                "byte {at} became the text {text:?}"
            );
        }
    }
}

#[test]
fn a_damaged_head_is_found_before_its_length_is_believed() {
    // A length that is still below the limit would swallow the frames behind it.
    let mut broken = CONVERSE[..12].to_vec();
    broken[1] ^= 0x10;
    let outcome = read(AnswerForm::Converse, &[&broken]).1;
    assert!(outcome.unwrap_err().to_string().contains("checksum"));
}

#[test]
fn an_event_of_20_mb_is_refused_at_its_head() {
    let mut head = [20_000_000_u32.to_be_bytes(), [0; 4]].concat();
    let sum = crc32fast::hash(&head);
    head.extend(sum.to_be_bytes());
    let (_, outcome) = read(AnswerForm::Converse, &[&head]);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("20000000 bytes"), "{error}");
}

#[test]
fn a_stream_that_ends_early_is_an_error() {
    for (form, stream) in [
        (AnswerForm::Converse, CONVERSE),
        (AnswerForm::InvokeMistral, MISTRAL),
        (AnswerForm::InvokeAnthropic, ANTHROPIC),
    ] {
        let first = u32::from_be_bytes(stream[..4].try_into().unwrap()) as usize;
        for end in [0, first, first + 5, stream.len() - 1] {
            let (_, outcome) = read(form, &[&stream[..end]]);
            assert!(
                matches!(outcome, Err(UpstreamError::Damaged(_))),
                "{form:?} at {end}"
            );
        }
    }
}

#[test]
fn errors_inside_a_stream_keep_their_words_and_their_status() {
    let (events, outcome) = read(AnswerForm::Converse, &[EXCEPTION]);
    assert_eq!(text_of(&events), "Hel");
    assert_eq!(
        outcome,
        Err(UpstreamError::Reported {
            words: "Too many requests, please wait (throttlingException)".into(),
            status: Some(StatusCode::TOO_MANY_REQUESTS),
        })
    );
    assert_eq!(
        read(AnswerForm::InvokeMistral, &[ERROR]).1,
        Err(UpstreamError::Reported {
            words: "broken inside (InternalFailure)".into(),
            status: None,
        })
    );
}
