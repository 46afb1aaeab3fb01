//! Whether a change can be taken back, and the settings that it comes to. Saves nothing.

use domain::{RecordingState, Settings};
use jiff::Timestamp;
use serde_json::Value;

use super::Row;
use super::diff::{self, Change, Lost};
use crate::view::UndoView;
use crate::{Error, ErrorCode};

impl Row {
    /// Whether an undo is possible under these settings (a `diff::document`), and what to say.
    pub(super) fn verdict(&self, now: &Value) -> UndoView {
        match self.obstacle(now) {
            Some(sentence) => UndoView {
                possible: false,
                sentence,
            },
            None => UndoView {
                possible: true,
                sentence: self.left_out(),
            },
        }
    }

    /// The settings without this change. Refused when a place has changed since.
    pub(crate) fn undone(&self, settings: &Settings, now: Timestamp) -> Result<Settings, Error> {
        let refused = |message: String| {
            let hint = "Undo what came later first, or change the setting by hand.";
            Error::new(ErrorCode::Invalid, message, hint)
        };
        if let Some(reason) = self.obstacle(&diff::document(settings)) {
            return Err(refused(reason));
        }
        let undone = diff::put_back(settings, &self.changes).map_err(|problem| {
            refused("this change cannot be undone".into()).with_details(problem)
        })?;
        if let RecordingState::Until { until, .. } = undone.recording.state
            && undone.recording.state != settings.recording.state
            && until <= now
        {
            return Err(refused("the time of this recording is over".into()));
        }
        undone.check()?;
        Ok(undone)
    }

    /// Whether this change is about the setting at this place, or about one below or above it.
    pub(crate) fn touches(&self, place: &[&str]) -> bool {
        let is_on_the_way = |change: &&Change| change.place.iter().zip(place).all(|(a, b)| a == b);
        self.changes.iter().any(|change| is_on_the_way(&change))
    }

    fn obstacle(&self, now: &Value) -> Option<String> {
        if let Some(id) = self.undone_by {
            return Some(format!("It was undone by change {}.", id.0));
        }
        let lost = |lost| {
            self.changes
                .iter()
                .find(move |change| change.lost == Some(lost))
        };
        if let Some(change) = lost(Lost::Redacted) {
            let reason = "a redaction rule replaced a part of it before it was kept";
            return Some(format!("{} cannot be put back: {reason}.", change.path));
        }
        if let Some(change) = lost(Lost::TooLong) {
            return Some(format!("{} was too long to be kept.", change.path));
        }
        if self.changes.iter().all(|change| change.lost.is_some()) {
            return Some(match self.changes.first() {
                Some(change) if change.place[0] == "client_keys" => {
                    "A client key that was revoked does not come back. Create a new one.".into()
                }
                _ => {
                    "Keys are not kept here, so this cannot be undone. Store the key again.".into()
                }
            });
        }
        let kept = self.changes.iter().filter(|change| change.lost.is_none());
        let changed: Vec<&str> = kept
            .filter(|change| diff::get(now, &change.place) != change.after.as_ref())
            .map(|change| change.path.as_str())
            .collect();
        (!changed.is_empty()).then(|| format!("Changed since: {}.", changed.join(", ")))
    }

    /// What an undo does not bring back.
    fn left_out(&self) -> String {
        let is_secret = |change: &Change| change.lost == Some(Lost::Secret);
        let has_key = |value: &Option<Value>| {
            let value = value.as_ref();
            value.is_some_and(|value| value.get(diff::KEY).is_some())
        };
        let is_model = |change: &Change| change.place.len() == 2 && change.place[0] == "models";
        let loses = |change: &&Change| is_model(change) && has_key(&change.before);
        let removes = |change: &&Change| is_model(change) && has_key(&change.after);
        if self.changes.iter().any(is_secret) {
            "Its key stays as it is.".into()
        } else if self.changes.iter().any(|change| loses(&change)) {
            "The key is not kept here: store it again afterwards.".into()
        } else if self.changes.iter().any(|change| removes(&change)) {
            "The model's key is removed with it.".into()
        } else {
            String::new()
        }
    }
}
