//! Tests a model step by step, saved or not: address, key, list of models, chat, FIM tokens, a code
//! completion. Chat and completion go through a gateway of their own, so that they meet what a
//! client's request would meet, and leave no row in the log. Each test waits for its own server
//! alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Model, ModelId, SecretState, Settings};
use gateway::Advice;
use jiff::Timestamp;
use providers::UpstreamError;
use secrecy::SecretSlice;
use uuid::Uuid;

use super::providers::{draft_of, entered};
use crate::reach::Reach;
use crate::view::{EndpointInput, ServedModel, TestModel, TestReport};
use crate::{Control, Error, ErrorCode};
use run::Test;

mod run;
mod stages;

/// How long a server may take to list its models.
const LIST_WITHIN: Duration = Duration::from_secs(5);

/// A key, when there is one.
type Key = Option<Arc<SecretSlice<u8>>>;

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
    /// The models that a server lists.
    pub async fn list_served_models(
        &self,
        input: EndpointInput,
    ) -> Result<Vec<ServedModel>, Error> {
        let settings = self.settings.load_full();
        let model = entered(&settings, &draft_of(&input))?;
        let key = self.key_for(&model, input.key).ok().flatten();
        let family = settings.family_of(&model);
        let reach = Reach::new(&model, &family, None);
        let (client, target) = (self.gateway.client(), reach.target(key.as_deref()));
        let id = new_correlation_id();
        let listed = providers::list_models(client, target, &id, LIST_WITHIN).await;
        let listed = listed.map_err(|error| upstream_error(error, &reach))?;
        Ok(listed
            .into_iter()
            .map(|served| ServedModel {
                id: served.id,
                context: served.context,
            })
            .collect())
    }

    /// Tests a model by real calls, step by step.
    pub async fn test_model(&self, input: TestModel) -> Result<TestReport, Error> {
        let begin = Instant::now();
        let settings = self.settings.load_full();
        let model = entered(&settings, &input.draft)?;
        let family = settings.family_of(&model);
        let mut test = Test::new(&settings, self.gateway.client(), &model, &family);
        match self.key_for(&model, input.key) {
            // It is too large to be a part of every caller.
            Ok(key) => Box::pin(test.run(key, self.keys.state(&model))).await,
            Err(error) => test.refuse_key(error),
        }
        let report = test.report(Timestamp::now(), elapsed(begin));
        if let Some(id) = input.draft.id {
            self.tests.keep(id, report.clone());
            self.touch();
        }
        Ok(report)
    }

    /// The key for a call: the typed one, else the stored one when it belongs to this host.
    fn key_for(&self, model: &Model, typed: Option<String>) -> Result<Key, Error> {
        if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
            return Ok(Some(Arc::new(SecretSlice::from(typed.into_bytes()))));
        }
        let settings: Arc<Settings> = self.settings.load_full();
        let Some(saved) = settings.model(model.id) else {
            return Ok(None);
        };
        let state = self.keys.state(saved);
        if state == SecretState::Absent || model.key_origin().is_none() {
            return Ok(None);
        }
        let is_same_host = saved.key_origin() == model.key_origin();
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

fn upstream_error(error: UpstreamError, reach: &Reach<'_>) -> Error {
    if let Some(Advice(hint)) = reach.advice(&error) {
        return Error::new(ErrorCode::Upstream, error.to_string(), hint);
    }
    let hint = match &error {
        UpstreamError::Late { .. } => {
            "Check that the server runs and that host and port are right."
        }
        UpstreamError::Answered { status, .. } if matches!(status.as_u16(), 401 | 403) => {
            "The server wants a key, or refuses this one. Enter it again."
        }
        UpstreamError::Credentials(_) => "Check the key and how calls prove who they are.",
        UpstreamError::Unsupported { .. } => "Enter the identifier by hand.",
        UpstreamError::Invalid(_) | UpstreamError::Setting { .. } => {
            "Check provider, endpoint, identifier and region."
        }
        _ => "Check what the server says here, and its own log.",
    };
    Error::new(ErrorCode::Upstream, error.to_string(), hint)
}

fn new_correlation_id() -> String {
    Uuid::now_v7().simple().to_string()
}

fn elapsed(begin: Instant) -> u32 {
    u32::try_from(begin.elapsed().as_millis()).unwrap_or(u32::MAX)
}
