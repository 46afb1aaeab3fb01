//! Where the gateway log and `llm.log` are written.

use std::path::Path;

use domain::LogFiles;

use crate::environment::Environment;
use crate::log_files;
use crate::view::{LogFilesView, Notice};
use crate::{Control, Error, ErrorCode};

impl Control {
    /// Where the gateway log and `llm.log` are written.
    pub async fn log_files(&self, (): ()) -> Result<LogFilesView, Error> {
        let overrides = self.gitlab.with_environment(Environment::view);
        let files = self.log.files();
        Ok(LogFilesView {
            settings: self.settings_of_this_run().log_files,
            overrides: overrides
                .into_iter()
                .filter(|held| held.setting.starts_with("log_files."))
                .collect(),
            lost: files.map(log_files::LogFiles::lost).unwrap_or_default(),
            sentence: files.and_then(log_files::LogFiles::trouble),
        })
    }

    /// Changes where, from the next request on. A setting that the environment holds over in this
    /// run stays as it is stored.
    pub async fn save_log_files(&self, input: LogFiles) -> Result<LogFilesView, Error> {
        input.check()?;
        self.check_log_paths(&input)?;
        self.change(|settings| {
            let mut next = LogFiles {
                rest: std::mem::take(&mut settings.log_files.rest),
                ..input
            };
            self.gitlab.with_environment(|environment| {
                environment.leave_log_files(&mut next, &settings.log_files);
            });
            settings.log_files = next;
            Ok(())
        })
        .await?;
        self.log_files(()).await
    }

    /// Opens every log file anew with its next line: another program has moved it away.
    pub fn reopen_log_files(&self) {
        self.log
            .files()
            .into_iter()
            .for_each(log_files::LogFiles::reopen);
    }

    /// Refuses files inside the data folder: a purge promises that nothing is left there.
    pub(crate) fn check_log_paths(&self, files: &LogFiles) -> Result<(), Error> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let own = real(self.folder());
        for path in files.paths() {
            let path = Path::new(path);
            let folder = path.parent().map(real).unwrap_or_default();
            if folder.starts_with(&own) || real(path).starts_with(&own) {
                let message = format!("the log file {} is inside the data folder", path.display());
                let hint = "Choose a file elsewhere: after a purge nothing may be left in the data \
                            folder.";
                return Err(Error::new(ErrorCode::Invalid, message, hint));
            }
        }
        Ok(())
    }

    /// What the status says of log files that cannot be written.
    pub(crate) fn log_files_notice(&self) -> Option<Notice> {
        let why = self.log.files()?.trouble()?;
        Some(Notice {
            what: "The log files are not complete".into(),
            why,
        })
    }
}
