//! Trials (skeleton: to be written).

use crate::view::*;
use crate::{Control, Error, ErrorCode};

fn not_yet<T>() -> Result<T, Error> {
    Err(Error::new(ErrorCode::Failed, "not built", "Wait."))
}

impl Control {
    /// Not built.
    pub async fn measure_prompt(&self, _: PromptRequest) -> Result<PromptMeasure, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn prompt_exchange(&self, _: String) -> Result<RecordedRequest, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn prompt_body(&self, _: PromptBody) -> Result<BodyView, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn list_trials(&self, _: TrialQuery) -> Result<TrialPage, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn get_trial(&self, _: TrialId) -> Result<KeptTrial, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn save_trial(&self, _: SaveTrial) -> Result<TrialRow, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn mark_trial(&self, _: MarkTrial) -> Result<TrialRow, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn remove_trial(&self, _: TrialId) -> Result<(), Error> {
        not_yet()
    }
    /// Not built.
    pub async fn trial_of_request(&self, _: RequestId) -> Result<Trial, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn export_trials(&self, _: Vec<TrialId>) -> Result<Exported, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn import_trials(&self, _: String) -> Result<ImportedTrials, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn list_presets(&self, _: ()) -> Result<Vec<Preset>, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn save_preset(&self, _: Preset) -> Result<Vec<Preset>, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn remove_preset(&self, _: String) -> Result<Vec<Preset>, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn list_suites(&self, _: ()) -> Result<Vec<SuiteView>, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn save_case(&self, _: SaveCase) -> Result<SuiteView, Error> {
        not_yet()
    }
    /// Not built.
    pub async fn open_link(&self, _: String) -> Result<(), Error> {
        not_yet()
    }
}
