use std::net::TcpListener;

use domain::{Auth, Connection, ModelDraft, ServerKind};
use serde_json::{Value, json};

use super::server::Server;
use super::{Fixture, draft};
use crate::Error;
use crate::view::{RequestQuery, Stage, StageOutcome, TestModel, TestReport};

impl Fixture {
    async fn test(&self, draft: ModelDraft) -> TestReport {
        let input = TestModel { draft, key: None };
        self.control.test_model(input).await.unwrap()
    }
}

/// A vLLM whose tokenizer gives these ids to each text; none has no `/tokenize`.
fn vllm(ids: Option<&'static [u32]>) -> Server {
    Server::start(move |path, body| match path {
        "/v1/models" => Some(json!({"data": [{"id": "m", "owned_by": "vllm"}]})),
        "/tokenize" => ids.map(|ids| json!({"tokens": ids, "count": ids.len()})),
        "/v1/chat/completions" => Some(Value::from(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        )),
        "/v1/completions" if body["stream"] == true => Some(Value::from(
            "data: {\"choices\":[{\"index\":0,\"text\":\"a + b\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        )),
        "/v1/completions" => {
            Some(json!({"choices": [{"index": 0, "text": "a + b", "finish_reason": "stop"}]}))
        }
        _ => None,
    })
}

fn codestral(endpoint: &str) -> ModelDraft {
    ModelDraft {
        family: "codestral".into(),
        ..draft("x", endpoint)
    }
}

fn stage<'a>(report: &'a TestReport, name: &str) -> &'a Stage {
    let found = report.stages.iter().find(|stage| stage.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {report:?}"))
}

#[tokio::test]
async fn a_test_says_whether_each_fim_token_is_one_token_there() {
    use StageOutcome::{Failed, Passed, Skipped, Waiting};
    let fixture = Fixture::open().await;
    let cases: [(Option<&[u32]>, StageOutcome, &str, StageOutcome); 3] = [
        (Some(&[13]), Passed, "[SUFFIX] is 13", Passed),
        (Some(&[60, 2_195, 62]), Failed, "is 3 tokens", Waiting),
        (None, Skipped, "not answer /tokenize", Passed),
    ];
    for (ids, outcome, words, completion) in cases {
        let server = vllm(ids);
        let report = fixture.test(codestral(&server.endpoint())).await;
        let fim = stage(&report, "FIM");
        assert_eq!((fim.outcome, report.ok), (outcome, outcome != Failed));
        assert!(fim.said.contains(words), "{}", fim.said);
        let last = stage(&report, "Completion");
        assert_eq!(last.outcome, completion, "{}", last.said);
        assert_eq!(report.server, Some(ServerKind::Vllm));
        assert!(stage(&report, "Models").said.starts_with("vLLM"));
        let asked = server.asked("/tokenize");
        assert_eq!(asked[0]["prompt"], "[SUFFIX]");
        assert_eq!(asked[0]["model"], "m", "the only one that it lists");
    }
}

#[tokio::test]
async fn what_the_model_does_not_take_is_said_with_where_to_note_it() {
    let fixture = Fixture::open().await;
    let server = Server::start(|path, body| match path {
        "/v1/models" => Some(json!({"data": [{"id": "m", "owned_by": "vllm"}]})),
        _ => {
            assert_eq!(
                body["messages"][0]["role"], "system",
                "as every feature sends it"
            );
            Some(json!({"error": {"message": "System role not supported"}}))
        }
    });
    let report = fixture.test(draft("x", &server.endpoint())).await;
    let Error { message, hint, .. } = report.error.unwrap();
    assert!(message.ends_with("System role not supported."), "{message}");
    assert!(hint.contains("--refuses system_role"), "{hint}");
}

#[tokio::test]
async fn a_model_that_only_completes_is_not_asked_to_chat() {
    let fixture = Fixture::open().await;
    let server = vllm(Some(&[32_007]));
    let report = fixture
        .test(ModelDraft {
            family: "codellama".into(),
            identifier: "codellama-7b-code".into(),
            ..draft("x", &server.endpoint())
        })
        .await;
    assert!(report.ok, "{report:?}");
    assert_eq!(stage(&report, "Chat").outcome, StageOutcome::Skipped);
    assert!(server.asked("/v1/chat/completions").is_empty());
    let models = stage(&report, "Models");
    assert!(models.said.contains("not this identifier"), "{models:?}");
}

#[tokio::test]
async fn a_missing_v1_is_found_and_offered() {
    let fixture = Fixture::open().await;
    let server = vllm(None);
    let with_v1 = server.endpoint();
    let report = fixture
        .test(draft("x", with_v1.trim_end_matches("/v1")))
        .await;
    assert!(!report.ok);
    let suggestion = report.suggestion.unwrap();
    assert_eq!(suggestion.endpoint, with_v1);
    let Error { message, hint, .. } = report.error.unwrap();
    assert!(message.starts_with("127.0.0.1:"), "{message}");
    assert!(!message.contains("correlation"), "{message}");
    assert!(hint.contains("ends before /v1"), "{hint}");
}

#[tokio::test]
async fn the_sample_model_passes_its_test_and_a_dead_server_fails_it_in_words() {
    let fixture = Fixture::open().await;
    let report = fixture.test(draft("x", "sample")).await;
    assert!(report.ok, "{report:?}");
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let report = fixture.test(draft("x", &format!("http://{free}/v1"))).await;
    assert_eq!(stage(&report, "Models").outcome, StageOutcome::Failed);
    assert_eq!(stage(&report, "Completion").outcome, StageOutcome::Waiting);
    let error = report.error.unwrap();
    assert!(
        !report.ok && error.message.contains(&free.to_string()),
        "{}",
        error.message
    );
    assert!(!error.hint.is_empty());
    let rows = fixture.control.list_requests(RequestQuery::default());
    assert_eq!(
        rows.await.unwrap().total,
        0,
        "a test is no client's request"
    );
}

#[tokio::test]
async fn a_silent_server_does_not_delay_the_test_of_another_model() {
    let fixture = Fixture::open().await;
    // Takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1", silent.local_addr().unwrap());
    let dead = fixture.test(draft("dead", &endpoint));
    let alive = fixture.test(draft("alive", "sample"));
    tokio::select! {
        report = dead => panic!("the silent server was first: {report:?}"),
        report = alive => assert!(report.ok, "{report:?}"),
    }
}

#[tokio::test]
async fn the_list_of_models_is_asked_in_the_way_of_the_provider() {
    let fixture = Fixture::open().await;
    let server = Server::start(|path, _| {
        path.starts_with("/v1/models")
            .then(|| json!({"data": [{"id": "claude"}]}))
    });
    let input = crate::view::EndpointInput {
        name: String::new(),
        endpoint: server.endpoint().trim_end_matches("/v1").to_owned(),
        provider: domain::Provider::Anthropic,
        identifier: String::new(),
        family: None,
        connection: Connection {
            auth: Auth::Bearer,
            ..Connection::default()
        },
        key: Some("wombat".into()),
        model: None,
    };
    let listed = fixture.control.list_served_models(input).await.unwrap();
    assert_eq!(listed[0].id, "claude");
}
