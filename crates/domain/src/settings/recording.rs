//! When requests are recorded in full: for a time or until stopped, for all or chosen features.
//! Records nothing itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::Feature;

/// Whether a recording is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum RecordingState {
    /// None is.
    #[default]
    Off,
    /// Until somebody stops it.
    UntilStopped {
        /// When it began.
        #[ts(type = "string")]
        since: Timestamp,
    },
    /// Until this time.
    Until {
        /// When it began.
        #[ts(type = "string")]
        since: Timestamp,
        /// When it ends by itself.
        #[ts(type = "string")]
        until: Timestamp,
    },
}

/// When requests are recorded in full.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingSettings {
    /// Whether a recording is on.
    pub state: RecordingState,
    /// The features that are recorded, each with those that follow it; empty means every request.
    pub features: Vec<Feature>,
    /// Whether GitLab's requests may ask for it one by one.
    pub by_gitlab: bool,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl RecordingSettings {
    /// Whether nothing was ever set.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a recording is on. The clock is looked at only where the end is set.
    pub fn is_on(&self, now: impl FnOnce() -> Timestamp) -> bool {
        match self.state {
            RecordingState::Off => false,
            RecordingState::UntilStopped { .. } => true,
            // Before its begin the clock was set back, and no end would come in sight.
            RecordingState::Until { since, until } => (since..until).contains(&now()),
        }
    }

    /// Whether a request for this feature is recorded while a recording is on.
    pub fn records_feature(&self, feature: Option<Feature>) -> bool {
        let is_chosen = |feature: Feature| self.features.contains(&feature);
        self.features.is_empty()
            || feature.is_some_and(|feature| {
                is_chosen(feature) || feature.record().parent.is_some_and(is_chosen)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_on_between_its_begin_and_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let timed = RecordingState::Until {
            since: at(100),
            until: at(200),
        };
        let endless = RecordingState::UntilStopped { since: at(100) };
        for (state, now, is_on) in [
            (RecordingState::Off, 150, false),
            (timed, 99, false),
            (timed, 100, true),
            (timed, 199, true),
            (timed, 200, false),
            (endless, 99, true),
            (endless, 9_999, true),
        ] {
            let settings = RecordingSettings {
                state,
                ..RecordingSettings::default()
            };
            assert_eq!(settings.is_on(|| at(now)), is_on, "{state:?} at {now}");
        }
    }

    #[test]
    fn a_chosen_feature_brings_those_that_follow_it_and_no_other() {
        let mut settings = RecordingSettings::default();
        assert!(settings.records_feature(None), "nothing chosen means all");
        settings.features = vec![Feature::DuoChat];
        let child = crate::FEATURES
            .iter()
            .find(|record| record.parent == Some(Feature::DuoChat))
            .unwrap();
        assert!(settings.records_feature(Some(Feature::DuoChat)));
        assert!(settings.records_feature(Some(child.feature)));
        assert!(!settings.records_feature(Some(Feature::CodeCompletions)));
        assert!(!settings.records_feature(None));
    }
}
