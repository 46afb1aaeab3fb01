//! The playground against a model server over HTTP: what is sent is what the mode says, and nothing
//! that cannot be sent leaves the house.

use domain::{PriceDraft, ServerKind};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::server::Server;
use super::*;
use crate::view::{PromptAsk, PromptBody, PromptSummary, SentAs, StartRecording, Tool};

/// A server of one model that answers in one piece, tells its tokens, and writes templates out.
fn server(owner: &'static str) -> Server {
    Server::start(move |path, body| {
        let text = |name: &str| body[name].as_str().unwrap_or_default().len();
        Some(match path {
            "/v1/models" => json!({"data": [{"id": "m", "owned_by": owner, "max_model_len": 900}]}),
            "/v1/chat/completions" if body["messages"].to_string().contains("endless") => {
                let words = "This model's maximum context length is 900 tokens. However, your \
                             request has 1000 input tokens.";
                json!({"error": {"message": words, "type": "BadRequestError", "code": 400}})
            }
            "/v1/chat/completions" => json!({
                "choices": [{"index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "return 1"}}],
                "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 500_000},
            }),
            "/apply-template" => {
                json!({"prompt": format!("<s>{}</s>", body["messages"][0]["content"].as_str()?)})
            }
            "/props" => json!({"default_generation_settings": {"n_ctx": 512}}),
            "/tokenize" => {
                let turns = body["messages"].as_array();
                let turns = turns.map_or(0, |turns| 100 * turns.len());
                let count = text("content") + text("prompt") + turns;
                json!({"tokens": (0..count).collect::<Vec<_>>()})
            }
            _ => return None,
        })
    })
}

impl Fixture {
    async fn add_as(&self, name: &str, server: &Server, kind: ServerKind) -> ModelView {
        let mut draft = draft(name, &server.endpoint());
        draft.identifier = "m".into();
        draft.connection.server = Some(kind);
        draft.price = Some(PriceDraft {
            input: 2.0,
            output: 4.0,
        });
        self.control.save_model(draft).await.unwrap()
    }

    pub(super) async fn run(
        &self,
        request: &PromptRequest,
    ) -> (String, Result<PromptSummary, crate::Error>) {
        let mut text = String::new();
        let mut events = self.control.prompt(request);
        while let Some(event) = events.next().await {
            match event {
                PromptEvent::Started { .. } => {}
                PromptEvent::Delta { text: more, .. } => text += &more,
                PromptEvent::Finished { summary } => return (text, Ok(summary)),
                PromptEvent::Failed { error, .. } => return (text, Err(error)),
            }
        }
        panic!("no end")
    }
}

pub(super) fn completion(model: &str, sent_as: SentAs) -> PromptRequest {
    let ask = PromptAsk::Completion {
        file_name: "x.py".into(),
        prefix: "def one():\n    ".into(),
        suffix: "\n\ndef two():\n".into(),
    };
    PromptRequest {
        ask,
        sent_as,
        ..hello(model)
    }
}

pub(super) fn raw(path: &str, body: &str) -> PromptRequest {
    let ask = PromptAsk::Raw {
        path: path.into(),
        body: body.into(),
    };
    PromptRequest { ask, ..hello("") }
}

#[tokio::test]
async fn the_model_of_the_column_answers_a_request_of_gitlab() {
    let (fixture, server) = (Fixture::open().await, server("vllm"));
    fixture.add_as("first", &server, ServerKind::Vllm).await;
    // The same server and name: GitLab itself could not name this one.
    fixture.add_as("second", &server, ServerKind::Vllm).await;
    let (text, ended) = fixture.run(&completion("second", SentAs::Gitlab)).await;
    let summary = ended.unwrap();
    assert_eq!(text, "return 1");
    assert_eq!((summary.status, summary.cost), (Some(200), Some(4.0)));
    assert_eq!(summary.first_token_ms, None, "it came in one piece");
    let query = RequestQuery::default();
    let row = fixture
        .control
        .list_requests(query)
        .await
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(
        (row.model.as_str(), row.path.as_str(), row.feature),
        (
            "second",
            "/v2/code/completions",
            Some(Feature::CodeCompletions)
        )
    );
    let (_, ended) = fixture
        .run(&completion("code_completions", SentAs::Gitlab))
        .await;
    let error = ended.unwrap_err();
    assert!(
        error.hint.contains("Features") || error.message.contains("route"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_model_that_calls_nobody_has_its_price_too() {
    let fixture = Fixture::open().await;
    let mut sample = draft("Sample", "sample");
    sample.price = Some(PriceDraft {
        input: 0.0,
        output: 1_000_000.0,
    });
    fixture.control.save_model(sample).await.unwrap();
    let (_, ended) = fixture.run(&hello("Sample")).await;
    let summary = ended.unwrap();
    let tokens = summary.completion_tokens.map(f64::from);
    assert!(tokens > Some(0.0));
    assert_eq!(summary.cost, tokens);
}

#[tokio::test]
async fn what_was_sent_is_shown_byte_by_byte_and_is_nowhere_on_the_disk() {
    let (fixture, server) = (Fixture::open().await, server("vllm"));
    let mut draft = draft("outside", &server.endpoint());
    (draft.identifier, draft.self_hosted) = ("m".into(), false);
    fixture.control.save_model(draft).await.unwrap();
    fixture
        .control
        .start_recording(StartRecording::default())
        .await
        .unwrap();
    let body = "{ \"model\" : \"outside\",\n \"messages\":[{\"role\":\"user\",\"content\":\"marmalade ü\"}] }";
    let (text, ended) = fixture.run(&raw("/v1/chat/completions", body)).await;
    let id = ended.unwrap().correlation_id;
    assert!(text.contains("return 1"), "{text}");
    let shown = fixture.control.prompt_exchange(id.clone()).await.unwrap();
    assert_eq!(shown.content.received.content, body);
    let sent: Value = serde_json::from_str(&shown.content.calls[0].body.content).unwrap();
    assert_eq!(server.asked("/v1/chat/completions"), [sent]);
    assert_eq!(shown.content.answer.content, text);
    let row = fixture
        .control
        .get_request(shown.row.unwrap())
        .await
        .unwrap();
    assert!(
        !row.recorded && row.notes[0].contains("not self-hosted"),
        "{row:?}"
    );
    let page = PromptBody {
        correlation_id: id,
        body: 0,
        offset: 2,
    };
    let page = fixture.control.prompt_body(page).await.unwrap();
    assert_eq!(page.content, body[2..]);
    for name in ["recordings.sqlite", "requests.sqlite", "history.sqlite"] {
        let bytes = std::fs::read(fixture.folder.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(9).any(|part| part == b"marmalade"), "{name}");
    }
    let error = fixture
        .control
        .prompt_exchange("other".into())
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_prompt_is_measured_as_the_server_reads_it() {
    let fixture = Fixture::open().await;
    let (llama, vllm, mute) = (server("llamacpp"), server("vllm"), server("somebody"));
    fixture.add_as("llama", &llama, ServerKind::LlamaCpp).await;
    fixture.add_as("vllm", &vllm, ServerKind::Vllm).await;
    fixture.add_as("mute", &mute, ServerKind::Other).await;
    let of = |model| fixture.control.measure_prompt(hello(model));
    let measured = |measure: crate::view::PromptMeasure| {
        (
            measure.prompt_tokens,
            measure.is_estimate,
            measure.context_tokens,
        )
    };
    // `hello` between the template's own words.
    assert_eq!(measured(of("llama").await.unwrap()), (12, false, Some(512)));
    assert_eq!(measured(of("vllm").await.unwrap()), (100, false, Some(900)));
    let (tokens, is_estimate, context) = measured(of("mute").await.unwrap());
    assert!(is_estimate && (1..10).contains(&tokens), "{tokens}");
    assert!(context.is_some());
    assert!(of("nobody").await.unwrap_err().message.contains("nobody"));
    assert!(
        llama.asked("/v1/chat/completions").is_empty(),
        "nothing is answered"
    );
    let page = fixture
        .control
        .list_requests(RequestQuery::default())
        .await
        .unwrap();
    assert_eq!(page.rows, [], "it is no request");
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_says_by_how_much() {
    let (fixture, server) = (Fixture::open().await, server("vllm"));
    fixture.add_as("small", &server, ServerKind::Vllm).await;
    let mut request = hello("small");
    request.ask = PromptAsk::Chat {
        messages: vec![Message::text(Role::User, "endless")],
    };
    let error = fixture.run(&request).await.1.unwrap_err();
    assert!(
        error.message.contains("100 tokens too long"),
        "{}",
        error.message
    );
    assert!(error.hint.contains("Trim"), "{}", error.hint);
}

#[tokio::test]
async fn what_breaks_a_rule_is_marked_at_its_place_and_not_sent() {
    let fixture = Fixture::open().await;
    fixture.add("Sample", "sample").await;
    let with = |change: fn(&mut PromptRequest)| {
        let mut request = hello("Sample");
        change(&mut request);
        request
    };
    let tool = |name: &str, parameters: Value| Tool {
        name: name.into(),
        description: String::new(),
        parameters,
    };
    let tools = |tools: Vec<Tool>| {
        let mut request = hello("Sample");
        request.parameters.tools = tools;
        request
    };
    for (request, place) in [
        (
            with(|r| r.parameters.temperature = Some(2.1)),
            "parameters.temperature",
        ),
        (
            with(|r| r.parameters.temperature = Some(f64::NAN)),
            "parameters.temperature",
        ),
        (with(|r| r.parameters.top_p = Some(0.0)), "parameters.top_p"),
        (
            with(|r| r.parameters.presence_penalty = Some(-3.0)),
            "parameters.presence_penalty",
        ),
        (
            with(|r| r.parameters.max_tokens = Some(0)),
            "parameters.max_tokens",
        ),
        (
            with(|r| r.parameters.stop = vec!["a".into(), String::new()]),
            "parameters.stop[1]",
        ),
        (
            with(|r| r.parameters.schema = Some(json!([]))),
            "parameters.schema",
        ),
        (
            tools(vec![tool("a b", json!({}))]),
            "parameters.tools[0].name",
        ),
        (
            tools(vec![tool("a", json!({})), tool("a", json!({}))]),
            "parameters.tools[1].name",
        ),
        (
            tools(vec![tool("a", json!("x"))]),
            "parameters.tools[0].parameters",
        ),
        (
            with(|r| r.ask = PromptAsk::Chat { messages: vec![] }),
            "ask.messages",
        ),
        (
            with(|r| {
                let mut message = Message::text(Role::User, "x");
                message.images.push("https://a.example/x.png".into());
                r.ask = PromptAsk::Chat {
                    messages: vec![message],
                };
            }),
            "ask.messages[0].images[0]",
        ),
        (
            with(|r| {
                let messages = vec![Message::text(Role::Tool, "x")];
                r.ask = PromptAsk::Chat { messages };
            }),
            "ask.messages[0].tool_call_id",
        ),
        (
            with(|r| {
                r.sent_as = SentAs::Gitlab;
                let messages = vec![
                    Message::text(Role::System, "x"),
                    Message::text(Role::User, "x"),
                ];
                r.ask = PromptAsk::Chat { messages };
            }),
            "ask.messages[0]",
        ),
        (
            raw("/v1/chat/completions", "{\n  \"a\": tru }"),
            "ask.body:2:11",
        ),
        (raw("/v1/models", "{}"), "ask.path"),
        (raw("/v1/code/user_access_token", "{}"), "ask.path"),
        (raw("http://a.example/", "{}"), "ask.path"),
        (with(|r| r.model = " ".into()), "model"),
    ] {
        let events: Vec<_> = fixture.control.prompt(&request).collect().await;
        let [PromptEvent::Failed { error, .. }] = events.as_slice() else {
            panic!("{place}: {events:?}")
        };
        assert_eq!(error.place.as_deref(), Some(place), "{error:?}");
        assert!(!error.hint.is_empty());
    }
    let page = fixture
        .control
        .list_requests(RequestQuery::default())
        .await
        .unwrap();
    assert_eq!(page.rows, []);
}
