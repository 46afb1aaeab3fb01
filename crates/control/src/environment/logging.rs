//! The variables of GitLab's own gateway about its logs (gateway.md §3). One file there holds what
//! are two logs here, so both go to it.

use domain::{LogFiles, LogLevel, LogTarget, RecordingSettings, RecordingState, Settings};
use jiff::Timestamp;

use super::{flag, parsed, wrong};
use crate::Error;

pub(super) const FILE: &str = "AIGW_LOGGING__TO_FILE";
pub(super) const LEVEL: &str = "AIGW_LOGGING__LEVEL";
pub(super) const JSON: &str = "AIGW_LOGGING__FORMAT_JSON";
pub(super) const REQUESTS: &str = "AIGW_LOGGING__ENABLE_REQUEST_LOGGING";

/// What they say.
#[derive(Debug, Default)]
pub(super) struct Logging {
    file: Option<String>,
    level: Option<LogLevel>,
    json: Option<bool>,
    /// Since when every request is recorded.
    records: Option<Timestamp>,
}

impl Logging {
    /// Reads them. A path is taken from the folder in which the program was started.
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let file = get(FILE).map(|path| -> Result<String, Error> {
            let whole = std::path::absolute(&path).map_err(|error| wrong(FILE, &error))?;
            let path = whole.to_string_lossy().into_owned();
            let target = LogTarget::File { path: path.clone() };
            let settings = LogFiles {
                gateway: target,
                ..LogFiles::default()
            };
            settings.check().map_err(|error| wrong(FILE, &error))?;
            Ok(path)
        });
        let records = flag(REQUESTS, get(REQUESTS))?.unwrap_or_default();
        Ok(Self {
            file: file.transpose()?,
            level: parsed(LEVEL, get(LEVEL))?,
            json: flag(JSON, get(JSON))?,
            records: records.then(Timestamp::now),
        })
    }

    /// Puts what they say over the settings of this run.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let files = &mut settings.log_files;
        if let Some(path) = &self.file {
            let target = LogTarget::File { path: path.clone() };
            (files.gateway, files.llm) = (target.clone(), target);
        }
        files.level = self.level.unwrap_or(files.level);
        files.json = self.json.unwrap_or(files.json);
        if let Some(since) = self.records {
            settings.recording = RecordingSettings {
                state: RecordingState::UntilStopped { since },
                features: Vec::new(),
                ..std::mem::take(&mut settings.recording)
            };
        }
    }

    /// Leaves what they hold over as it is stored.
    pub(super) fn leave(&self, next: &mut LogFiles, stored: &LogFiles) {
        if self.file.is_some() {
            next.gateway.clone_from(&stored.gateway);
            next.llm.clone_from(&stored.llm);
        }
        if self.level.is_some() {
            next.level = stored.level;
        }
        if self.json.is_some() {
            next.json = stored.json;
        }
    }

    /// Whether every request of this run is recorded, whatever the switch says.
    pub(super) fn records_everything(&self) -> bool {
        self.records.is_some()
    }

    /// What a variable says.
    pub(super) fn shown(&self, variable: &str) -> Option<String> {
        match variable {
            FILE => self.file.clone(),
            LEVEL => self.level.map(|level| level.name().to_owned()),
            JSON => self.json.map(|json| json.to_string()),
            REQUESTS => Some(self.records.is_some().to_string()),
            _ => None,
        }
    }
}
