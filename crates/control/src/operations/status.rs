//! The state of everything.

use crate::view::{Activity, ActivityQuery, LogView, Status};
use crate::{Control, Error};

impl Control {
    /// The state of everything.
    pub async fn status(&self, (): ()) -> Result<Status, Error> {
        let counters = self.gateway.counters();
        // A log that cannot be read says so in `log`.
        let space = self.log.space().await.unwrap_or_default();
        Ok(Status {
            gateway: self.runner.state(),
            in_flight: counters.in_flight(),
            most_in_flight: counters.most_in_flight(),
            accepted: self.gateway.accepted(),
            logged: self.log.logged(),
            refused: counters.refused(),
            hung_up: self.gateway.hung_up(),
            client_keys: u32::try_from(self.settings.load().client_keys.len()).unwrap_or(u32::MAX),
            open_on_loopback: self.settings_of_this_run().gitlab.open_on_loopback,
            audited: self.audit.kept(),
            last_error: self.log.last_error().await.unwrap_or_default(),
            keyring: self.keys.keyring(),
            log: LogView {
                space,
                ..self.log.view()
            },
            recording: self.recording_now(),
            notices: self
                .notices()
                .into_iter()
                .chain(self.log_files_notice())
                .chain(self.audit_notice())
                .collect(),
            read_only: self
                .read_only()
                .map(|error| format!("{} {}", error.message, error.hint)),
            version: env!("CARGO_PKG_VERSION").into(),
            data_dir: self.folder().display().to_string(),
        })
    }

    /// What happened in a period.
    pub async fn activity(&self, query: ActivityQuery) -> Result<Activity, Error> {
        self.log.activity(query, jiff::Zoned::now()).await
    }
}
