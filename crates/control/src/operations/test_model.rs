//! Tests a model by one real call, saved or not: address, list of models, chat. The call goes
//! through a gateway of its own, so that it meets what a client's request would meet, and leaves
//! no row in the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{
    Endpoint, Model, ModelDraft, ModelId, SecretState, ServerEndpoint, Settings, UpstreamPath,
};
use gateway::{Gateway, ServedModel, Snapshot, UpstreamError, UpstreamKey, record_channel};
use jiff::Timestamp;
use secrecy::SecretSlice;
use uuid::Uuid;

use super::playground::{outcome, prompt};
use crate::view::{
    EndpointInput, Message, PromptEvent, PromptRequest, ResolvedEndpoint, Role,
    ServedModel as ServedView, Stage, StageOutcome, SuggestedEndpoint, TestModel, TestReport,
};
use crate::{Control, Error, ErrorCode};

/// How long a server may take to list its models.
const LIST_WITHIN: Duration = Duration::from_secs(5);

/// The newest test of each model, kept while the program runs.
#[derive(Debug, Default)]
pub(crate) struct TestReports(Mutex<HashMap<ModelId, TestReport>>);

impl TestReports {
    pub(crate) fn of(&self, id: ModelId) -> Option<TestReport> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    pub(crate) fn forget(&self, id: ModelId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }

    fn keep(&self, id: ModelId, report: TestReport) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, report);
    }
}

impl Control {
    /// What an endpoint resolves to.
    pub async fn resolve_endpoint(&self, input: EndpointInput) -> Result<ResolvedEndpoint, Error> {
        let endpoint: Endpoint = input.endpoint.parse()?;
        let chat_url =
            |server: &ServerEndpoint| server.url(UpstreamPath::ChatCompletions).to_string();
        Ok(ResolvedEndpoint {
            chat_url: endpoint.server().map(chat_url).unwrap_or_default(),
            host: endpoint.host(),
        })
    }

    /// The models that a server lists.
    pub async fn list_served_models(&self, input: EndpointInput) -> Result<Vec<ServedView>, Error> {
        let endpoint: Endpoint = input.endpoint.parse()?;
        let Some(server) = endpoint.server() else {
            return Ok(Vec::new());
        };
        let key = self.key_for(input.model, server, input.key).ok().flatten();
        let listed = self
            .ask_for_models(server, key.as_deref())
            .await
            .map_err(upstream_error)?;
        Ok(listed
            .into_iter()
            .map(|served| ServedView {
                id: served.id,
                context: served.context,
            })
            .collect())
    }

    /// Tests a model by one real call.
    pub async fn test_model(&self, input: TestModel) -> Result<TestReport, Error> {
        let begin = Instant::now();
        let model = entered(&input.draft)?;
        let mut test = Test::new();
        let result = self.run_test(&model, input.key, &mut test).await;
        let report = TestReport {
            ok: result.is_ok(),
            at: Timestamp::now(),
            duration_ms: elapsed(begin),
            stages: test.stages,
            error: result.err(),
            suggestion: test.suggestion,
        };
        if let Some(id) = input.draft.id {
            self.tests.keep(id, report.clone());
            self.touch();
        }
        Ok(report)
    }

    async fn run_test(
        &self,
        model: &Model,
        typed: Option<String>,
        test: &mut Test,
    ) -> Result<(), Error> {
        let Some(server) = model.endpoint.server() else {
            test.pass("Address", "built in, no server", None);
            test.skip("Models", "not asked");
            return self.test_chat(model, None, test).await;
        };
        test.pass(
            "Address",
            server.url(UpstreamPath::ChatCompletions).as_str(),
            None,
        );
        let key = self
            .key_for(Some(model.id), server, typed)
            .inspect_err(|error| test.fail("Key", &error.message, None))?;
        self.test_list(model, server, key.as_deref(), test).await?;
        self.test_chat(model, key, test).await
    }

    /// A server that lists no models may still chat, so only a server that is not there, or that
    /// refuses the key, ends the test here.
    async fn test_list(
        &self,
        model: &Model,
        server: &ServerEndpoint,
        key: Option<&SecretSlice<u8>>,
        test: &mut Test,
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let listed = self.ask_for_models(server, key).await;
        let took = Some(elapsed(begin));
        match listed {
            Ok(listed) => {
                let wanted = model
                    .identifier
                    .as_ref()
                    .map(|identifier| identifier.served_name());
                let names: Vec<_> = listed.iter().map(|served| served.id.as_str()).collect();
                if wanted.is_some_and(|wanted| !names.contains(&wanted)) && !names.is_empty() {
                    test.note(
                        "Models",
                        &format!("listed: {}; not this identifier", names.join(", ")),
                        took,
                    );
                } else {
                    test.pass("Models", &format!("listed: {}", names.join(", ")), took);
                }
                Ok(())
            }
            Err(UpstreamError::Answered { status, .. })
                if ![401, 403].contains(&status.as_u16()) =>
            {
                self.suggest_v1(server, key, test).await;
                test.note("Models", &format!("answered {}", status.as_u16()), took);
                Ok(())
            }
            Err(UpstreamError::NotTheApi { said, .. }) => {
                self.suggest_v1(server, key, test).await;
                test.note("Models", &format!("answered {said}"), took);
                Ok(())
            }
            Err(error) => {
                let error = upstream_error(error);
                test.fail("Models", &error.message, took);
                Err(error)
            }
        }
    }

    async fn suggest_v1(
        &self,
        server: &ServerEndpoint,
        key: Option<&SecretSlice<u8>>,
        test: &mut Test,
    ) {
        let Some(other) = server.with_v1() else {
            return;
        };
        if self.ask_for_models(&other, key).await.is_ok() {
            let endpoint = other.typed().to_owned();
            test.suggestion = Some(SuggestedEndpoint {
                label: "Append /v1".into(),
                endpoint,
            });
        }
    }

    async fn test_chat(
        &self,
        model: &Model,
        key: Option<Arc<SecretSlice<u8>>>,
        test: &mut Test,
    ) -> Result<(), Error> {
        let mut settings = Settings {
            gateway: self.settings.load().gateway.clone(),
            ..Settings::default()
        };
        settings.models.push(Model {
            enabled: true,
            ..model.clone()
        });
        let keys = key
            .map(|key| (model.id, UpstreamKey::Ready(key)))
            .into_iter()
            .collect();
        let (sink, _nobody) = record_channel();
        let snapshot = Snapshot {
            settings: Arc::new(settings),
            keys,
        };
        let gateway = Arc::new(Gateway::new(
            snapshot,
            self.gateway.upstream().clone(),
            sink,
        ));
        let request = PromptRequest {
            model: model.name.to_string(),
            messages: vec![Message {
                role: Role::User,
                content: "Reply with one word.".into(),
            }],
            max_tokens: Some(16),
            temperature: Some(0.0),
        };
        let begin = Instant::now();
        let (text, last) = outcome(prompt(gateway, &request, "test")).await;
        let took = Some(elapsed(begin));
        match last {
            Some(PromptEvent::Finished { summary }) => {
                let first = summary.first_token_ms.map_or("no text".into(), |first| {
                    format!("first token after {first} ms")
                });
                let said: String = text.trim().chars().take(60).collect();
                test.pass("Chat", &format!("{first}: {said}"), took);
                Ok(())
            }
            Some(PromptEvent::Failed { error, .. }) => {
                test.fail("Chat", &error.message, took);
                Err(error)
            }
            _ => Err(Error::new(
                ErrorCode::Failed,
                "the test ended without an answer",
                "Test again.",
            )),
        }
    }

    async fn ask_for_models(
        &self,
        server: &ServerEndpoint,
        key: Option<&SecretSlice<u8>>,
    ) -> Result<Vec<ServedModel>, UpstreamError> {
        let correlation_id = Uuid::now_v7().simple().to_string();
        self.gateway
            .upstream()
            .list_models(server, key, &correlation_id, LIST_WITHIN)
            .await
    }

    /// The key for a call: the typed one, else the stored one when it belongs to this host.
    fn key_for(
        &self,
        id: Option<ModelId>,
        server: &ServerEndpoint,
        typed: Option<String>,
    ) -> Result<Option<Arc<SecretSlice<u8>>>, Error> {
        if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
            return Ok(Some(Arc::new(SecretSlice::from(typed.into_bytes()))));
        }
        let settings = self.settings.load_full();
        let Some(saved) = id.and_then(|id| settings.model(id)) else {
            return Ok(None);
        };
        let state = self.keys.state(saved);
        if state == SecretState::Absent {
            return Ok(None);
        }
        let is_same_host = saved
            .endpoint
            .server()
            .is_some_and(|other| other.origin() == server.origin());
        let state = if is_same_host {
            state
        } else {
            SecretState::WrongEndpoint
        };
        let key = self.keys.key(saved.id).filter(|_| is_same_host);
        key.map(Some).ok_or_else(|| {
            let hint = "Enter the key for this endpoint.";
            Error::new(ErrorCode::Keyring, state.sentence(), hint)
        })
    }
}

/// What a test has seen so far.
struct Test {
    stages: Vec<Stage>,
    suggestion: Option<SuggestedEndpoint>,
}

impl Test {
    fn new() -> Self {
        Self {
            stages: Vec::new(),
            suggestion: None,
        }
    }

    fn add(&mut self, name: &str, outcome: StageOutcome, said: &str, duration_ms: Option<u32>) {
        self.stages.push(Stage {
            name: name.into(),
            outcome,
            said: said.into(),
            duration_ms,
        });
    }

    fn pass(&mut self, name: &str, said: &str, took: Option<u32>) {
        self.add(name, StageOutcome::Passed, said, took);
    }

    fn skip(&mut self, name: &str, said: &str) {
        self.add(name, StageOutcome::Skipped, said, None);
    }

    fn note(&mut self, name: &str, said: &str, took: Option<u32>) {
        self.add(name, StageOutcome::Skipped, said, took);
    }

    /// The stages after a failed one were not reached.
    fn fail(&mut self, name: &str, said: &str, took: Option<u32>) {
        self.add(name, StageOutcome::Failed, said, took);
        if name != "Chat" {
            self.add("Chat", StageOutcome::Waiting, "not reached", None);
        }
    }
}

/// The model as entered, whether it is saved or not.
fn entered(draft: &ModelDraft) -> Result<Model, Error> {
    let id = draft.id.unwrap_or(ModelId(Uuid::now_v7()));
    let mut draft = ModelDraft {
        id: None,
        ..draft.clone()
    };
    if draft.name.trim().is_empty() {
        // A name is not needed for a test.
        draft.name = "this model".into();
    }
    Ok(Settings::default().save_model(&draft, id)?)
}

fn upstream_error(error: UpstreamError) -> Error {
    let hint = match &error {
        UpstreamError::Unreachable { .. } | UpstreamError::Late { .. } => {
            "Check that the server runs and that host and port are right."
        }
        UpstreamError::Answered { status, .. } if matches!(status.as_u16(), 401 | 403) => {
            "The server wants a key, or refuses this one. Enter it again."
        }
        _ => "Check the endpoint: a base URL usually ends in /v1.",
    };
    Error::new(ErrorCode::Upstream, error.to_string(), hint)
}

fn elapsed(begin: Instant) -> u32 {
    u32::try_from(begin.elapsed().as_millis()).unwrap_or(u32::MAX)
}
