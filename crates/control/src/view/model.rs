//! Models, their keys, health and tests.

use domain::{
    CompletionRoute, Connection, Family, Feature, ModelDraft, ModelId, PriceDraft, Provider,
    SecretState, ServerKind, Standing, SupportLevels,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::endpoint::SuggestedEndpoint;
use super::request::Evidence;
use crate::Error;

/// A registered model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelView {
    /// Identifies the model.
    pub id: ModelId,
    /// The deployment name.
    pub name: String,
    /// The family.
    pub family: Family,
    /// The family's name to show.
    pub family_title: String,
    /// The name of the variant that the identifier names, such as `Mixtral 8x7B-it`; the family's
    /// own where there is none.
    pub variant_title: String,
    /// Where that variant stands in GitLab's lists.
    pub standing: Standing,
    /// How well that variant serves each kind of feature.
    pub support: SupportLevels,
    /// The way that code completion really goes with this family, provider and server.
    pub completion: CompletionRoute,
    /// The same in a sentence.
    pub completion_note: String,
    /// The endpoint as typed, or `sample`.
    pub endpoint: String,
    /// Host and port, for lists.
    pub host: String,
    /// The URL that a chat request goes to; empty for the sample model and where it cannot be told.
    pub chat_url: String,
    /// What the server calls the model; empty when the server decides.
    pub identifier: String,
    /// The way to speak to it: a prefix of the identifier has the last word.
    pub provider: Provider,
    /// The provider's name to show.
    pub provider_title: String,
    /// How to reach it, as entered.
    pub connection: Connection,
    /// The kind of server, as entered or as the newest test found it.
    #[ts(optional = nullable)]
    pub server: Option<ServerKind>,
    /// Whether it is the built-in sample model.
    pub is_sample: bool,
    /// Whether clients can use it.
    pub enabled: bool,
    /// Whether it runs in the house: only then is what it is asked ever recorded in full.
    pub self_hosted: bool,
    /// What it costs; absent when that is not known.
    #[ts(optional = nullable)]
    pub price: Option<PriceDraft>,
    /// The colour that stands for it, 1 to 8.
    pub hue: u8,
    /// What is known of its key.
    pub key: SecretState,
    /// The environment variable that would take the place of the stored key.
    pub key_variable: String,
    /// The features that it answers.
    pub features: Vec<Feature>,
    /// Its health by the newest test or request.
    pub health: Health,
    /// What its requests of the last 24 hours showed.
    pub evidence: Evidence,
}

/// How a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum HealthState {
    /// The newest call succeeded.
    Ok,
    /// The newest call failed.
    Failed,
    /// Nothing is known yet.
    Unknown,
    /// The model is switched off.
    Off,
}

/// How a model is, and since when this is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Health {
    /// The state.
    pub state: HealthState,
    /// What the newest call showed, in a few words.
    pub sentence: String,
    /// When.
    #[ts(type = "string | null")]
    pub at: Option<Timestamp>,
}

/// Switches a model on or off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelSwitch {
    /// The model.
    pub id: ModelId,
    /// Whether clients can use it.
    pub enabled: bool,
}

/// Stores a key. There is no operation that reads one.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SetKey {
    /// The model.
    pub id: ModelId,
    /// The key; empty removes it.
    pub key: String,
}

/// Adds or changes a model together with its key: both or none.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SaveModelAndKey {
    /// The model as entered.
    pub draft: ModelDraft,
    /// The key.
    pub key: String,
}

/// A model that a server lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServedModel {
    /// Its id at the server.
    pub id: String,
    /// Its context in tokens, when the server says it.
    #[ts(optional = nullable)]
    pub context: Option<u32>,
}

/// Tests a model before or after it is saved, by real calls.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestModel {
    /// The model as entered.
    pub draft: ModelDraft,
    /// A key that was just typed; without it the stored key of `draft.id` is used.
    #[ts(optional = nullable)]
    pub key: Option<String>,
}

/// What a test found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestReport {
    /// Whether the model does what its family is made for.
    pub ok: bool,
    /// When the test ended.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u32,
    /// What was tried, in order.
    pub stages: Vec<Stage>,
    /// The kind of server, where it could be told.
    #[ts(optional = nullable)]
    pub server: Option<ServerKind>,
    /// What went wrong and what to do.
    #[ts(optional = nullable)]
    pub error: Option<Error>,
    /// Another endpoint that answers where this one does not.
    #[ts(optional = nullable)]
    pub suggestion: Option<SuggestedEndpoint>,
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Stage {
    /// What was tried.
    pub name: String,
    /// How it went.
    pub outcome: StageOutcome,
    /// What was seen.
    pub said: String,
    /// How long it took.
    #[ts(optional = nullable)]
    pub duration_ms: Option<u32>,
}

/// How one step of a test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StageOutcome {
    /// As it should be.
    Passed,
    /// Not tried, or not as it should be; nothing depends on it.
    Skipped,
    /// It failed, and with it the test.
    Failed,
    /// Not reached.
    Waiting,
}
