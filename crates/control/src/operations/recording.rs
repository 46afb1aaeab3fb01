//! Recordings: start, stop, purge, and what they kept.

use std::time::Duration;

use domain::{RecordingSettings, RecordingState};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::environment::Environment;
use crate::recordings::{self, Recordings};
use crate::view::{
    BodyView, RecordedBody, RecordedRequest, RecordingView, RequestId, RequestView, StartRecording,
};
use crate::{Control, Error, ErrorCode};

/// The longest recording that ends by itself: a week.
const LONGEST: u32 = 7 * 24 * 3_600;

/// How long to wait when the end of a recording could not be saved.
const TRY_AGAIN: Duration = Duration::from_secs(30);

impl Control {
    /// Whether requests are recorded in full, and what is kept of them.
    pub async fn recording(&self, (): ()) -> Result<RecordingView, Error> {
        Ok(self.recording_now())
    }

    /// Starts a recording, in the place of one that is on. It reaches the next request.
    pub async fn start_recording(&self, input: StartRecording) -> Result<RecordingView, Error> {
        self.check_switch()?;
        recordings::check(self.folder()).map_err(|error| {
            let hint = "Install the newer Gatehouse, or use another data folder. A purge deletes \
                        the recordings of the newer one.";
            Error::new(ErrorCode::Failed, format!("cannot record: {error}"), hint)
        })?;
        let since = Timestamp::now();
        let state = match input.for_seconds {
            None => RecordingState::UntilStopped { since },
            Some(seconds) if (1..=LONGEST).contains(&seconds) => RecordingState::Until {
                since,
                until: since + SignedDuration::from_secs(seconds.into()),
            },
            Some(seconds) => {
                let message = format!("a recording of {seconds} seconds is outside 1 to {LONGEST}");
                let hint = "Choose a shorter time, or record until you stop it.";
                return Err(Error::new(ErrorCode::Invalid, message, hint));
            }
        };
        self.change_recording(|recording| {
            recording.state = state;
            recording.features = input.features;
        })
        .await
    }

    /// Stops the recording, also where that cannot be saved, which is an error. What was kept stays
    /// until it is purged.
    pub async fn stop_recording(&self, (): ()) -> Result<RecordingView, Error> {
        self.check_switch()?;
        let stop = |recording: &mut RecordingSettings| recording.state = RecordingState::Off;
        let stopped = self.change_recording(stop).await;
        match stopped {
            Err(error) if self.holds_folder() => {
                // A disk that refuses must not keep it on.
                self.change_in_memory(|settings| stop(&mut settings.recording))
                    .await;
                let message = format!(
                    "the recording is stopped, but that could not be saved: {}",
                    error.message
                );
                let hint = format!(
                    "{} Then stop it again: otherwise it goes on after a restart.",
                    error.hint
                );
                Err(Error::new(error.code, message, hint))
            }
            stopped => stopped,
        }
    }

    /// Refuses to turn the switch while the environment holds it.
    pub(crate) fn check_switch(&self) -> Result<(), Error> {
        if !self
            .gitlab
            .with_environment(Environment::records_everything)
        {
            return Ok(());
        }
        let message = "AIGW_LOGGING__ENABLE_REQUEST_LOGGING records every request of this run";
        let hint = "Unset the variable and start again.";
        Err(Error::new(ErrorCode::Invalid, message, hint))
    }

    /// Sets whether GitLab's requests may ask to be recorded one by one.
    pub async fn allow_gitlab_recording(&self, allowed: bool) -> Result<RecordingView, Error> {
        self.change_recording(|recording| recording.by_gitlab = allowed)
            .await
    }

    /// Deletes everything that recordings kept, and what running requests have recorded so far.
    pub async fn purge_recordings(&self, (): ()) -> Result<RecordingView, Error> {
        if !self.holds_folder() {
            let hint = "Open the data folder for changes.";
            let message = "this process only reads the recordings";
            return Err(Error::new(ErrorCode::Held, message, hint));
        }
        self.gateway.purge_recordings();
        let purged = match self.log.purge().await {
            Some(purged) => purged,
            // A command has no writer: nobody has the files open.
            None => Recordings::new(self.folder(), self.log.recordings()).purge(),
        };
        purged.map_err(|error| {
            let path = recordings::RECORDINGS.path(self.folder());
            crate::files::file_error("cannot delete", &path, &error)
        })?;
        self.touch();
        Ok(self.recording_now())
    }

    /// What is kept of one request; long bodies with their first page.
    pub async fn recorded_request(&self, id: RequestId) -> Result<RecordedRequest, Error> {
        let found = self.of_recordings(id, |folder, shared, row| {
            recordings::recorded_request(folder, shared, row)
        });
        found.await?.ok_or_else(|| not_recorded(id))
    }

    /// More of a body that a recording kept.
    pub async fn recorded_body(&self, input: RecordedBody) -> Result<BodyView, Error> {
        let found = self.of_recordings(input.id, move |folder, shared, row| {
            recordings::body_page(folder, shared, row, &input)
        });
        found.await?.ok_or_else(|| not_recorded(input.id))
    }

    /// Ends the recording when its time has come. Never ends by itself. The gateway looks at the
    /// clock with every request; this is for the screens, and for a clock that was set back.
    pub async fn keep_recording(&self) {
        let mut changes = self.changes();
        let mut awaited = (RecordingState::Off, None);
        loop {
            changes.mark_unchanged();
            let state = self.settings.load().recording.state;
            if state != awaited.0 {
                awaited = (state, end_of(state));
            }
            let ends = async {
                match awaited.1 {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Control holds the sender.
                _ = changes.changed() => continue,
                () = ends => {}
            }
            let ended = self.change_recording(|recording| {
                // Another may have begun meanwhile.
                if recording.state == state {
                    recording.state = RecordingState::Off;
                }
            });
            if let Err(error) = ended.await {
                tracing::warn!(%error, "the end of the recording could not be saved");
                awaited.1 = Some(Instant::now() + TRY_AGAIN);
            }
        }
    }

    /// Whether requests are recorded in full, and what is kept of them.
    pub(crate) fn recording_now(&self) -> RecordingView {
        let recording = self.settings_of_this_run().recording;
        let is_on = recording.is_on(Timestamp::now);
        let (since, until) = match recording.state {
            _ if !is_on => (None, None),
            RecordingState::Off => (None, None),
            RecordingState::UntilStopped { since } => (Some(since), None),
            RecordingState::Until { since, until } => (Some(since), Some(until)),
        };
        let (totals, sentence) = self.log.recorded();
        RecordingView {
            is_on,
            since,
            until,
            features: recording.features,
            by_gitlab: recording.by_gitlab,
            requests: totals.requests,
            bodies: totals.bodies,
            bytes: totals.bytes,
            sentence,
        }
    }

    async fn change_recording(
        &self,
        change: impl FnOnce(&mut RecordingSettings),
    ) -> Result<RecordingView, Error> {
        self.change(|settings| {
            change(&mut settings.recording);
            Ok(())
        })
        .await?;
        Ok(self.recording_now())
    }

    pub(super) async fn of_recordings<T: Send + 'static>(
        &self,
        id: RequestId,
        read: impl FnOnce(&std::path::Path, &recordings::Shared, &RequestView) -> rusqlite::Result<T>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        let row = self.get_request(id).await?;
        let (folder, shared) = (self.folder().to_owned(), self.log.recordings());
        let found = tokio::task::spawn_blocking(move || read(&folder, &shared, &row)).await;
        found
            .map_err(|error| crate::control::broken(&error))?
            .map_err(|error| {
                let hint = "Try again, or purge the recordings to begin anew.";
                let message = "the recordings cannot be read";
                Error::new(ErrorCode::Failed, message, hint).with_details(error.to_string())
            })
    }
}

/// When a recording ends, by a clock that nobody sets.
fn end_of(state: RecordingState) -> Option<Instant> {
    match state {
        RecordingState::Until { until, .. } => {
            let left = Duration::try_from(until.duration_since(Timestamp::now()));
            Some(Instant::now() + left.unwrap_or_default())
        }
        RecordingState::Off | RecordingState::UntilStopped { .. } => None,
    }
}

fn not_recorded(id: RequestId) -> Error {
    let message = format!("nothing is recorded of request {}", id.0);
    let hint =
        "Start a recording and send the request again; recordings may also have been purged.";
    Error::new(ErrorCode::NotFound, message, hint)
}
