use super::*;
use crate::record::{Accepted, Outcome, RecordEvent, Routed, record_channel};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedReceiver;

mod reading_code;

const TOKEN: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n";
const FINISH: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

struct Fixture {
    relay: Relay,
    records: UnboundedReceiver<RecordEvent>,
    stop: CancellationToken,
}

impl Fixture {
    async fn start(pieces: Pieces) -> Self {
        Self::through(openai(), pieces).await
    }

    async fn through(passage: Passage, pieces: Pieces) -> Self {
        let (sink, records) = record_channel(None);
        let accepted = Accepted {
            at: jiff::Timestamp::UNIX_EPOCH,
            correlation_id: "id-7".into(),
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            client: "test".into(),
            address: None,
            head: None,
        };
        let mut record = sink.begin(accepted, None).await;
        record.routed(
            Routed {
                model: "m".into(),
                feature: None,
                streamed: true,
                family: None,
                provider: None,
            },
            None,
        );
        let ticket = Ticket {
            record,
            verdict: RequestState::Failed,
            _slot: None,
            _place: None,
        };
        let terms = Terms {
            model: "m".into(),
            host: "gpu-1:8000".into(),
            correlation_id: "id-7".into(),
            idle: 30,
            total: 600,
        };
        let stop = CancellationToken::new();
        Self {
            relay: Relay::new(pieces, passage, ticket, terms, stop.clone()),
            records,
            stop,
        }
    }

    async fn next(&mut self) -> Option<String> {
        let bytes = std::future::poll_fn(|context| self.relay.poll(context)).await?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn all(&mut self) -> String {
        let mut all = String::new();
        while let Some(text) = self.next().await {
            all += &text;
        }
        all
    }

    /// How the record says it ended.
    async fn outcome(mut self) -> Outcome {
        drop(self.relay);
        loop {
            if let RecordEvent::Finished { outcome, .. } = self.records.recv().await.unwrap() {
                return *outcome;
            }
        }
    }
}

fn openai() -> Passage {
    Passage::Openai(crate::passage::OpenaiPassage::new(None, false))
}

fn pieces(texts: &[&'static str], is_cut: bool) -> Pieces {
    let mut pieces: Vec<_> = texts
        .iter()
        .map(|text| Ok(Bytes::from_static(text.as_bytes())))
        .collect();
    if is_cut {
        pieces.push(Err(StreamCut));
    }
    stream::iter(pieces).boxed()
}

#[tokio::test]
async fn a_whole_stream_passes_byte_for_byte() {
    let mut fixture =
        Fixture::start(pieces(&[": ping\n\n", TOKEN, FINISH, DONE, "\n"], false)).await;
    assert_eq!(
        fixture.all().await,
        [": ping\n\n", TOKEN, FINISH, DONE, "\n"].concat()
    );
    let outcome = fixture.outcome().await;
    assert_eq!(
        (outcome.state, outcome.error),
        (RequestState::Completed, None)
    );
    assert!(outcome.first_token_after.is_some());
}

#[tokio::test]
async fn a_cut_stream_ends_with_an_error_event_and_no_end_mark() {
    for is_cut in [true, false] {
        let mut fixture =
            Fixture::start(pieces(&[TOKEN, "data: {\"choices\":[{\"del"], is_cut)).await;
        assert_eq!(fixture.next().await.unwrap(), TOKEN);
        let last = fixture.next().await.unwrap();
        assert!(
            last.starts_with("data: {\"error\":") && last.ends_with("\n\n"),
            "{last}"
        );
        assert!(
            last.contains("broke off") && last.contains("id-7") && !last.contains("[DONE]"),
            "{last}"
        );
        assert_eq!(fixture.next().await, None);
        assert_eq!(fixture.outcome().await.state, RequestState::Failed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_ends_with_an_error_event() {
    let silent = stream::iter([Ok(Bytes::from_static(TOKEN.as_bytes()))])
        .chain(stream::pending())
        .boxed();
    let mut fixture = Fixture::start(silent).await;
    let begin = Instant::now();
    let all = fixture.all().await;
    assert!(
        all.contains("fell silent for 30 s") && !all.contains("[DONE]"),
        "{all}"
    );
    assert_eq!(begin.elapsed().as_secs(), 30);
    assert_eq!(fixture.outcome().await.state, RequestState::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_pauses_lives_until_the_total_limit() {
    let slow = stream::repeat(()).then(|()| async {
        tokio::time::sleep(Duration::from_secs(29)).await;
        Ok(Bytes::from_static(TOKEN.as_bytes()))
    });
    let mut fixture = Fixture::start(slow.boxed()).await;
    let begin = Instant::now();
    let all = fixture.all().await;
    assert_eq!(
        (all.matches("\"hi\"").count(), begin.elapsed().as_secs()),
        (20, 600)
    );
    assert!(all.contains("did not finish within 600 s"), "{all}");
}

#[tokio::test]
async fn a_finish_reason_and_a_clean_close_are_an_end() {
    let mut fixture = Fixture::start(pieces(&[TOKEN, FINISH.trim_ascii_end()], false)).await;
    assert_eq!(fixture.all().await, [TOKEN, FINISH].concat());
    assert_eq!(fixture.outcome().await.state, RequestState::Completed);
}

#[tokio::test]
async fn an_error_inside_the_stream_fails_the_request() {
    let error = "data: {\"error\":{\"message\":\"out of memory\"}}\n\n";
    let mut fixture = Fixture::start(pieces(&[TOKEN, error, DONE], false)).await;
    assert_eq!(fixture.all().await, [TOKEN, error, DONE].concat());
    let outcome = fixture.outcome().await;
    assert_eq!(outcome.state, RequestState::Failed);
    assert!(outcome.error.unwrap().contains("out of memory"));
}

#[tokio::test]
async fn a_client_that_leaves_is_recorded_as_cancelled_unless_it_has_all() {
    let endless = |texts: &[&'static str]| pieces(texts, false).chain(stream::pending()).boxed();
    let mut fixture = Fixture::start(endless(&[TOKEN])).await;
    fixture.next().await;
    assert_eq!(fixture.outcome().await.state, RequestState::Cancelled);
    let mut fixture = Fixture::start(endless(&[TOKEN, DONE])).await;
    fixture.next().await;
    fixture.next().await;
    assert_eq!(fixture.outcome().await.state, RequestState::Completed);
}

#[tokio::test]
async fn a_stop_ends_the_stream_with_an_error_event() {
    let mut fixture = Fixture::start(stream::pending().boxed()).await;
    fixture.stop.cancel();
    let all = fixture.all().await;
    assert!(all.contains("gateway_stopping"), "{all}");
    assert_eq!(fixture.outcome().await.state, RequestState::Failed);
}

fn anthropic() -> Passage {
    let decoder = providers::AnswerForm::Anthropic.decoder().unwrap();
    Passage::Anthropic(crate::passage::AnthropicPassage::new(decoder))
}

const BEGIN: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"message_stop\"}}\n\n",
);
const END: &str = concat!(
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

#[tokio::test]
async fn words_that_look_like_the_end_of_a_message_are_not_its_end() {
    let mut fixture = Fixture::through(anthropic(), pieces(&[BEGIN, END], false)).await;
    assert_eq!(fixture.all().await, [BEGIN, END].concat());
    let outcome = fixture.outcome().await;
    assert_eq!(outcome.state, RequestState::Completed);
    assert_eq!(outcome.finish_reason.as_deref(), Some("stop"));
    let mut fixture = Fixture::through(anthropic(), pieces(&[BEGIN], false)).await;
    assert!(fixture.all().await.contains("event: error"));
    assert_eq!(fixture.outcome().await.state, RequestState::Failed);
}

#[tokio::test]
async fn a_translated_answer_ends_with_the_end_mark_and_not_with_the_connection() {
    let open = stream::iter(
        pieces(&[TOKEN, FINISH, DONE], false)
            .collect::<Vec<_>>()
            .await,
    );
    let open = open.chain(stream::pending()).boxed();
    let head = forms::Head {
        id: "id-7".into(),
        model: "m".into(),
        created: 0,
        include_usage: false,
        echo: serde_json::Map::new(),
    };
    let marks = code::Thoughts::common_marks();
    let polish = crate::prepare::Polish::Thoughts(marks);
    let translation = crate::translation::Translation::new(
        providers::AnswerForm::OpenaiChat.decoder().unwrap(),
        crate::polish::Polisher::new(polish, Vec::new()),
        crate::workshop::Workshop::default(),
        forms::Form::Messages.writer(head),
    );
    let passage = Passage::Translated(Box::new(translation));
    let mut fixture = Fixture::through(passage, open).await;
    let text = fixture.all().await;
    assert!(
        text.contains("\"hi\"") && text.contains("message_stop"),
        "{text}"
    );
    assert_eq!(fixture.outcome().await.state, RequestState::Completed);
}
