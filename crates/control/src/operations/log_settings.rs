//! How long rows of the request log are kept, and queries with a name.

use domain::{LogSettings, SavedView};

use crate::{Control, Error};

impl Control {
    /// How long rows of the request log are kept.
    pub async fn log_settings(&self, (): ()) -> Result<LogSettings, Error> {
        Ok(self.settings.load().log.clone())
    }

    /// Changes how long rows of the request log are kept.
    pub async fn save_log_settings(&self, input: LogSettings) -> Result<LogSettings, Error> {
        input.check()?;
        let saved = self.change(|settings| {
            let rest = std::mem::take(&mut settings.log.rest);
            settings.log = LogSettings { rest, ..input };
            Ok(settings.log.clone())
        });
        saved.await
    }

    /// Queries of the request log with a name, in the order they were saved.
    pub async fn list_views(&self, (): ()) -> Result<Vec<SavedView>, Error> {
        Ok(self.settings.load().views.clone())
    }

    /// The query of this name.
    pub fn saved_view(&self, name: &str) -> Result<SavedView, Error> {
        Ok(self.settings.load().view(name)?.clone())
    }

    /// Keeps a query under a name, in the place of the one that has it. One that cannot be read is
    /// refused.
    pub async fn save_view(&self, view: SavedView) -> Result<Vec<SavedView>, Error> {
        let saved = self.change(|settings| {
            settings.save_view(&view)?;
            Ok(settings.views.clone())
        });
        saved.await
    }

    /// Removes the query of this name.
    pub async fn remove_view(&self, name: String) -> Result<Vec<SavedView>, Error> {
        let saved = self.change(|settings| {
            settings.remove_view(&name)?;
            Ok(settings.views.clone())
        });
        saved.await
    }
}
