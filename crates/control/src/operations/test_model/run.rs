//! The order of a test's steps, and what has been seen so far.

use std::time::Instant;

use domain::{Auth, FamilyRecord, Model, Provider, SecretState, ServerKind, Settings, Support};
use jiff::Timestamp;
use providers::Client;

use super::{Key, elapsed};
use crate::reach::Reach;
use crate::view::{Stage, StageOutcome, SuggestedEndpoint, TestReport};
use crate::{Error, ErrorCode};

/// The steps, in order.
const STEPS: [&str; 6] = ["Address", "Key", "Models", "Chat", "FIM", "Completion"];

/// A test that runs: what is tested, and what has been seen so far.
pub(super) struct Test<'a> {
    pub(super) settings: &'a Settings,
    pub(super) client: &'a Client,
    pub(super) model: &'a Model,
    pub(super) family: &'a FamilyRecord,
    pub(super) kind: Option<ServerKind>,
    /// The only model that the server lists.
    pub(super) only: Option<String>,
    pub(super) suggestion: Option<SuggestedEndpoint>,
    stages: Vec<Stage>,
    error: Option<Error>,
}

/// What a step showed.
pub(super) enum Seen {
    /// As it should be.
    Passed(String),
    /// Not tried, or not as it should be; nothing depends on it.
    Noted(String),
}

impl<'a> Test<'a> {
    /// A test that has seen nothing.
    pub(super) fn new(
        settings: &'a Settings,
        client: &'a Client,
        model: &'a Model,
        family: &'a FamilyRecord,
    ) -> Self {
        Self {
            settings,
            client,
            model,
            family,
            kind: None,
            only: None,
            suggestion: None,
            stages: Vec::new(),
            error: None,
        }
    }

    /// Takes every step that those before it allow.
    pub(super) async fn run(&mut self, key: Key, state: SecretState) {
        let address = self.address();
        if !self.note("Address", Instant::now(), address) {
            return;
        }
        let said = self.key_said(key.is_some(), state);
        self.note("Key", Instant::now(), Ok(said));
        let begin = Instant::now();
        let models = self.models(key.as_deref()).await;
        if !self.note("Models", begin, models) {
            return;
        }
        let begin = Instant::now();
        let chat = self.chat(&key).await;
        if !self.note("Chat", begin, chat) {
            return;
        }
        let begin = Instant::now();
        let fim = self.fim(key.as_deref()).await;
        if !self.note("FIM", begin, fim) {
            return;
        }
        let begin = Instant::now();
        let completion = self.completion(&key).await;
        self.note("Completion", begin, completion);
    }

    /// Ends the test at the key.
    pub(super) fn refuse_key(&mut self, error: Error) {
        let address = self.address();
        if self.note("Address", Instant::now(), address) {
            self.note("Key", Instant::now(), Err(error));
        }
    }

    /// What was found.
    pub(super) fn report(mut self, at: Timestamp, duration_ms: u32) -> TestReport {
        for name in &STEPS[self.stages.len()..] {
            self.stages.push(Stage {
                name: (*name).into(),
                outcome: StageOutcome::Waiting,
                said: "not reached".into(),
                duration_ms: None,
            });
        }
        TestReport {
            ok: self.error.is_none(),
            at,
            duration_ms,
            stages: self.stages,
            server: self.kind,
            error: self.error,
            suggestion: self.suggestion,
        }
    }

    /// The model's server as far as the test knows it.
    pub(super) fn reach(&self) -> Reach<'_> {
        Reach::new(self.model, self.family, self.kind).or_named(self.only.as_deref())
    }

    /// Writes a step down. False when it failed.
    fn note(&mut self, name: &str, begin: Instant, seen: Result<Seen, Error>) -> bool {
        let (outcome, said) = match &seen {
            Ok(Seen::Passed(said)) => (StageOutcome::Passed, said),
            Ok(Seen::Noted(said)) => (StageOutcome::Skipped, said),
            Err(error) => (StageOutcome::Failed, &error.message),
        };
        let took = elapsed(begin);
        self.stages.push(Stage {
            name: name.into(),
            outcome,
            said: said.clone(),
            duration_ms: Some(took).filter(|took| *took > 0),
        });
        self.error = seen.err();
        self.error.is_none()
    }

    fn address(&self) -> Result<Seen, Error> {
        if self.model.provider() == Provider::Sample {
            return Ok(Seen::Passed("built in, no server".into()));
        }
        self.reach().chat_url().map(Seen::Passed)
    }

    fn key_said(&self, is_there: bool, state: SecretState) -> Seen {
        let auth = &self.model.connection.auth;
        match (auth, is_there, state) {
            (Auth::AwsChain { .. }, ..) => {
                Seen::Noted("not used: the credentials of this machine".into())
            }
            (_, false, _) => Seen::Noted("none".into()),
            (_, true, SecretState::Environment) => Seen::Passed("from the environment".into()),
            (_, true, SecretState::Stored) => Seen::Passed("from the keyring".into()),
            (_, true, _) => Seen::Passed("as typed".into()),
        }
    }

    /// Whether the model is made for conversation or for code from an instruction, both of which
    /// go through chat.
    pub(super) fn is_made_for_chat(&self) -> bool {
        let support = self.family.support;
        support.chat.max(support.generation) > Support::None
    }
}

/// A test that broke off.
pub(super) fn without_an_answer() -> Error {
    Error::new(
        ErrorCode::Failed,
        "the test ended without an answer",
        "Test again.",
    )
}
