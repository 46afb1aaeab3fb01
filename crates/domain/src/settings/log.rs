//! How long rows of the request log are kept, and queries with a name. Removes and finds no rows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::Settings;
use crate::{DomainError, Query};

/// Letters of the name of a saved view, at most.
const NAME_LETTERS: usize = 60;
/// Saved views, at most.
const VIEWS: usize = 200;

/// How long rows of the request log are kept: until they are too old or the log is too large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct LogSettings {
    /// Days after which a row is removed. 1 to 3,650.
    pub keep_days: u32,
    /// Megabytes (10⁶ bytes) that the log may take; then its oldest rows are removed. 10 to
    /// 1,000,000.
    pub keep_megabytes: u32,
    /// What a newer program stored; kept as it is.
    #[serde(flatten)]
    #[ts(skip)]
    pub rest: Map<String, Value>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            keep_days: 30,
            keep_megabytes: 1_000,
            rest: Map::new(),
        }
    }
}

impl LogSettings {
    /// Checks every range; the first value outside its range is the error.
    pub fn check(&self) -> Result<(), DomainError> {
        let ranges = [
            ("the days that rows are kept", self.keep_days, 1, 3_650),
            (
                "the megabytes of the log",
                self.keep_megabytes,
                10,
                1_000_000,
            ),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let problem = format!("is {value}, outside {least} to {most}");
                return Err(DomainError::Setting { name, problem });
            }
        }
        Ok(())
    }

    /// Whether the admin changed nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The bytes that the log may take.
    pub fn most_bytes(&self) -> u64 {
        u64::from(self.keep_megabytes) * 1_000_000
    }
}

/// A query of the request log with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SavedView {
    /// What it is called: 1 to 60 letters without control characters.
    pub name: String,
    /// The query, as it was written.
    pub query: String,
}

impl Settings {
    /// Keeps a view, in the place of the one with its name.
    pub fn save_view(&mut self, view: &SavedView) -> Result<(), DomainError> {
        let name = view.name.trim();
        let refusal = |problem: String| DomainError::SavedView(problem);
        if !(1..=NAME_LETTERS).contains(&name.chars().count()) || name.contains(char::is_control) {
            let problem = format!("needs a name of 1 to {NAME_LETTERS} letters");
            return Err(refusal(problem));
        }
        view.query.parse::<Query>()?;
        let view = SavedView {
            name: name.to_owned(),
            query: view.query.trim().to_owned(),
        };
        let is_full = self.views.len() >= VIEWS;
        match self.views.iter_mut().find(|other| other.name == name) {
            Some(other) => *other = view,
            None if is_full => {
                return Err(refusal(format!("is one more than {VIEWS}")));
            }
            None => self.views.push(view),
        }
        Ok(())
    }

    /// Removes the view of this name.
    pub fn remove_view(&mut self, name: &str) -> Result<(), DomainError> {
        let view = self.view(name)?.clone();
        self.views.retain(|other| *other != view);
        Ok(())
    }

    /// The view of this name.
    pub fn view(&self, name: &str) -> Result<&SavedView, DomainError> {
        let name = name.trim();
        let found = self.views.iter().find(|view| view.name == name);
        found.ok_or_else(|| DomainError::SavedView(format!("\"{name}\" does not exist")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, query: &str) -> SavedView {
        SavedView {
            name: name.into(),
            query: query.into(),
        }
    }

    #[test]
    fn a_view_takes_the_place_of_the_one_with_its_name() {
        let mut settings = Settings::default();
        for (name, query) in [
            ("slow", "duration:>2s"),
            ("lost", "state:failed"),
            (" slow ", "duration:>9s"),
        ] {
            settings.save_view(&view(name, query)).unwrap();
        }
        let expected = [view("slow", "duration:>9s"), view("lost", "state:failed")];
        assert_eq!(settings.views, expected);
        settings.remove_view("slow").unwrap();
        assert_eq!(settings.views, expected[1..]);
        assert!(settings.remove_view("slow").is_err());
    }

    #[test]
    fn a_view_without_a_name_or_with_a_query_that_cannot_be_read_is_refused() {
        let mut settings = Settings::default();
        let long = "x".repeat(61);
        for (name, query) in [
            ("", "x"),
            (" ", "x"),
            ("a\u{7}", "x"),
            (&long, "x"),
            ("a", "status:x"),
        ] {
            assert!(
                settings.save_view(&view(name, query)).is_err(),
                "{name}, {query}"
            );
        }
        assert_eq!(settings.views, []);
        for place in 0..VIEWS {
            settings.save_view(&view(&place.to_string(), "x")).unwrap();
        }
        assert!(settings.save_view(&view("one more", "x")).is_err());
        settings.save_view(&view("0", "y")).unwrap();
    }

    #[test]
    fn how_long_rows_are_kept_has_ranges() {
        let of = |keep_days, keep_megabytes| LogSettings {
            keep_days,
            keep_megabytes,
            ..LogSettings::default()
        };
        assert!(LogSettings::default().check().is_ok());
        for (days, megabytes) in [(0, 100), (3_651, 100), (1, 9), (1, 1_000_001)] {
            assert!(of(days, megabytes).check().is_err(), "{days}, {megabytes}");
        }
        assert_eq!(
            serde_json::from_str::<LogSettings>("{}").unwrap(),
            LogSettings::default()
        );
    }
}
