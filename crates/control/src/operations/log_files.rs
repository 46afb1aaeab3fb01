//! Where the gateway log and `llm.log` are written.

use std::path::{Path, PathBuf};

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
        self.check_new_files(&input).await?;
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

    /// Refuses files that cannot be written. One that was written before is left to its notice: its
    /// disk may be away for a while.
    async fn check_new_files(&self, files: &LogFiles) -> Result<(), Error> {
        let known = self.settings.load().log_files.clone();
        let is_new = |path: &&str| known.paths().all(|known| known != *path);
        let new: Vec<PathBuf> = files.paths().filter(is_new).map(PathBuf::from).collect();
        let refused = move || {
            new.into_iter()
                .find_map(|path| Some((log_files::check(&path).err()?, path)))
        };
        let refused = tokio::task::spawn_blocking(refused)
            .await
            .map_err(|error| crate::control::broken(&error))?;
        let Some((error, path)) = refused else {
            return Ok(());
        };
        let has_folder = path.parent().is_some_and(Path::is_dir);
        let why = match has_folder {
            true => crate::files::reason(&error),
            false => "its folder does not exist".to_owned(),
        };
        let message = format!("cannot write the log file {}: {why}", path.display());
        let hint = "Choose a file in a folder that exists and that you may write to.";
        Err(Error::new(ErrorCode::Invalid, message, hint))
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
