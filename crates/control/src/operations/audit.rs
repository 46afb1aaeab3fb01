//! What was changed in the settings, by whom, and how it is taken back.

use std::sync::Arc;

use domain::{Model, Settings};
use jiff::Timestamp;

use crate::audit::{Note, Row, diff};
use crate::runner::check_exposure;
use crate::view::{ChangeId, ChangePage, ChangeQuery, ChangeView, Notice};
use crate::{Control, Error};

impl Control {
    /// Changes of the settings, newest first.
    pub async fn list_changes(&self, query: ChangeQuery) -> Result<ChangePage, Error> {
        let (audit, settings) = (Arc::clone(&self.audit), self.settings.load_full());
        blocking(move || audit.list(&query, &settings)).await
    }

    /// Takes a change back, and answers with the change that did. Refused when one of its settings
    /// has changed since.
    pub async fn undo_change(&self, id: ChangeId) -> Result<ChangeView, Error> {
        self.check_writable()?;
        let audit = Arc::clone(&self.audit);
        let row = blocking(move || audit.row(id)).await?;
        let trial = row.undone(&self.settings.load(), Timestamp::now())?;
        self.check_undone(&row, &trial)?;
        let is_moved = self.follow_address(&row, &trial).await?;
        let undone = self.undo(&row).await;
        let gone = match undone {
            Ok(gone) => gone,
            Err(error) if is_moved => {
                self.listen().await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        if is_moved {
            *self.listening_here() = None;
        }
        for model in gone {
            self.tests.forget(model.id);
            self.forget_key_of(&model).await;
        }
        self.keys.expect(&self.settings.load());
        self.apply();
        if row.touches(&["gitlab"])
            && let Err(error) = self.check_gitlab(()).await
        {
            // The change is undone all the same; the GitLab screen says what is wrong.
            tracing::warn!(%error, "GitLab could not be asked for its keys");
        }
        let (audit, settings) = (Arc::clone(&self.audit), self.settings.load_full());
        blocking(move || Ok(audit.undo_of(id)?.view(&diff::document(&settings)))).await
    }

    /// What the status says of an audit that is not kept.
    pub(crate) fn audit_notice(&self) -> Option<Notice> {
        Some(Notice {
            what: "The audit is not complete".into(),
            why: self.audit.trouble()?,
        })
    }

    /// Changes the settings back, and answers with the models that are gone.
    async fn undo(&self, row: &Row) -> Result<Vec<Model>, Error> {
        let note = Note {
            undoes: Some((row.id, row.sentence.clone())),
            ..Note::default()
        };
        self.change_noting(note, |settings| {
            let undone = row.undone(settings, Timestamp::now())?;
            let before = std::mem::replace(settings, undone);
            let is_gone = |model: &&Model| settings.model(model.id).is_none();
            Ok(before.models.iter().filter(is_gone).cloned().collect())
        })
        .await
    }

    /// What an operation checks beside the settings themselves.
    fn check_undone(&self, row: &Row, undone: &Settings) -> Result<(), Error> {
        if row.touches(&["recording", "state"]) {
            self.check_switch()?;
        }
        if row.touches(&["log_files"]) {
            self.check_log_paths(&undone.log_files)?;
        }
        if row.touches(&["gateway", "listen"]) || row.touches(&["client_keys"]) {
            check_exposure(undone)?;
        }
        Ok(())
    }

    /// A running gateway moves to the address before it is saved, so that one that cannot be had
    /// is never saved.
    async fn follow_address(&self, row: &Row, undone: &Settings) -> Result<bool, Error> {
        let moves = row.touches(&["gateway", "listen"]);
        if !moves || self.runner.address().await.is_none() {
            return Ok(false);
        }
        let address = self.runner.start(undone).await?;
        self.publish_address(Some(&format!("http://{address}")));
        Ok(true)
    }
}

/// Reads where waiting for the disk holds nobody up.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| crate::control::broken(&error))?
}
