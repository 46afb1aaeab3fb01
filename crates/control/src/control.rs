//! Owns everything that lives: settings, keys, the gateway, the request log. The faces hold one
//! `Control` and call its operations.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use domain::{ListenAddress, Settings};
use gateway::{Gateway, Snapshot, record_channel};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::audit::{self, Audit};
use crate::gitlab::Gitlab;
use crate::history::History;
use crate::keys::Keys;
use crate::lock::{FolderLock, HolderKind};
use crate::log::RequestLog;
use crate::operations::{Exchanges, TestReports};
use crate::redaction::Redaction;
use crate::runner::Runner;
use crate::settings_store::{self, Access, FileStore, SettingsStore};
use crate::view::Notice;
use crate::{Error, ErrorCode};

/// What a process wants to do with a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Run the gateway and change settings: holds the folder and keeps the request log.
    Run(HolderKind),
    /// Change settings once: holds the folder.
    Change,
    /// Read, while another process may hold the folder.
    Read,
    /// Ask a model, while another process may hold the folder: adds rows to the request log.
    Ask,
}

/// The application without a face.
pub struct Control {
    folder: PathBuf,
    store: Arc<dyn SettingsStore>,
    pub(crate) settings: ArcSwap<Settings>,
    // Keys beside the settings in the document, which belong to others.
    others: Map<String, Value>,
    access: Access,
    // Where this run listens instead of where the settings say.
    listen_here: Mutex<Option<ListenAddress>>,
    // Settings are changed by one operation at a time.
    editing: tokio::sync::Mutex<()>,
    pub(crate) keys: Keys,
    pub(crate) gitlab: Gitlab,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) runner: Runner,
    pub(crate) log: RequestLog,
    pub(crate) audit: Arc<Audit>,
    pub(crate) tests: TestReports,
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) history: Arc<History>,
    pub(crate) notices: Mutex<Vec<Notice>>,
    changes: watch::Sender<u64>,
    // Given back by `close`, which notes that this run ended in order.
    lock: Mutex<Option<FolderLock>>,
}

/// The folder that the desktop app and the commands share unless told otherwise.
pub fn default_folder() -> Result<PathBuf, Error> {
    dirs::data_dir()
        .map(|folder| folder.join("dev.gatehouse.desktop"))
        .ok_or_else(|| {
            let hint = "Set HOME, or name a folder with --data-dir or GATEHOUSE_DATA_DIR.";
            Error::new(
                ErrorCode::Failed,
                "no folder for application data is known on this system",
                hint,
            )
        })
}

impl Control {
    /// Opens a data folder with the settings file of the commands.
    pub fn open(folder: &Path, purpose: Purpose) -> Result<Self, Error> {
        Self::open_with(folder, Arc::new(FileStore::new(folder)), purpose)
    }

    /// Opens a data folder with another way to keep the settings document. Damaged or newer user
    /// data is no error: what was found is told by the notices of the status.
    pub fn open_with(
        folder: &Path,
        store: Arc<dyn SettingsStore>,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let lock = match purpose {
            Purpose::Run(kind) => Some(FolderLock::acquire(folder, kind)?),
            Purpose::Change => Some(FolderLock::acquire(folder, HolderKind::Command)?),
            Purpose::Read | Purpose::Ask => None,
        };
        let loaded = match lock {
            Some(_) => settings_store::load(store.as_ref(), folder, Timestamp::now()),
            None => settings_store::peek(folder),
        };
        let mut notices = loaded.notices;
        notices.extend(lock.as_ref().and_then(FolderLock::last_run));
        let (audit, found) = Audit::open(folder, lock.is_some());
        notices.extend(found);
        let (log, sink) = match purpose {
            Purpose::Run(_) | Purpose::Ask => {
                let (log, sink, found) = RequestLog::open(folder, lock.is_some());
                notices.extend(found);
                (log, sink)
            }
            Purpose::Change | Purpose::Read => {
                (RequestLog::read_only(folder), record_channel(None).0)
            }
        };
        let (history, found) = History::new(folder, lock.is_some());
        notices.extend(found);
        let client = providers::Client::new().map_err(|error| {
            let hint = "Check the system's certificates (Debian: the package ca-certificates).";
            Error::new(ErrorCode::Failed, "the HTTP client cannot be made", hint)
                .with_details(error.to_string())
        })?;
        let gateway = Arc::new(Gateway::new(Snapshot::default(), client, sink));
        let control = Self {
            folder: folder.to_owned(),
            store,
            settings: ArcSwap::from_pointee(loaded.settings),
            others: loaded.others,
            access: loaded.access,
            listen_here: Mutex::new(None),
            editing: tokio::sync::Mutex::new(()),
            keys: Keys::start(),
            gitlab: Gitlab::new(folder),
            runner: Runner::new(Arc::clone(&gateway)),
            gateway,
            log,
            audit: Arc::new(audit),
            tests: TestReports::default(),
            exchanges: Arc::default(),
            history,
            notices: Mutex::new(notices),
            changes: watch::Sender::new(0),
            lock: Mutex::new(lock),
        };
        control.keys.expect(&control.settings.load());
        control.apply();
        Ok(control)
    }

    /// Stops the gateway after its running requests and writes down what is still in memory.
    pub async fn close(&self) {
        self.runner
            .stop(self.settings.load().gateway.drain_timeout)
            .await;
        let kept = self.history.run(|history| {
            history.end_all();
            Ok(())
        });
        if let Err(error) = kept.await {
            tracing::warn!(%error, "what arrived of answers could not be kept");
        }
        self.log.close().await;
        drop(self.lock().take());
    }

    /// Does what goes on by itself: keys, the end of a recording, what commands ask. Never ends.
    pub async fn live(self: &Arc<Self>) {
        tokio::join!(
            self.keep_keys(),
            self.keep_recording(),
            self.answer_commands()
        );
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Why settings cannot be changed, when they cannot.
    pub fn read_only(&self) -> Option<&Error> {
        match &self.access {
            Access::ReadWrite => None,
            Access::ReadOnly(error) => Some(error),
        }
    }

    /// What the admin should know of the way the folder was found.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Listens here, in this run only, instead of where the settings say.
    pub fn listen_here(&self, address: ListenAddress) {
        *self.listening_here() = Some(address);
    }

    /// Where this run listens instead of where the settings say.
    pub(crate) fn listening_here(&self) -> MutexGuard<'_, Option<ListenAddress>> {
        self.listen_here
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings that the gateway runs by.
    pub(crate) fn settings_of_this_run(&self) -> Settings {
        let mut settings = Settings::clone(&self.settings.load());
        settings.gateway.listen = self.listening_here().unwrap_or(settings.gateway.listen);
        self.gitlab
            .with_environment(|environment| environment.apply(&mut settings));
        settings
    }

    /// Changes the settings: edits a copy, saves it, then swaps it in. A refused edit or a failed
    /// save changes nothing.
    pub(crate) async fn change<T>(
        &self,
        edit: impl FnOnce(&mut Settings) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.change_noting(audit::Note::default(), edit).await
    }

    /// Changes what this process runs by and saves nothing: for what must not wait for the disk.
    pub(crate) async fn change_in_memory(&self, edit: impl FnOnce(&mut Settings)) {
        let _editing = self.editing.lock().await;
        let mut settings = Settings::clone(&self.settings.load());
        edit(&mut settings);
        self.settings.store(Arc::new(settings));
        self.apply();
    }

    /// The same as [`Self::change`], with what the audit says of it beside the difference.
    pub(crate) async fn change_noting<T>(
        &self,
        note: audit::Note,
        edit: impl FnOnce(&mut Settings) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _editing = self.editing.lock().await;
        if let Access::ReadOnly(error) = &self.access {
            return Err(error.clone());
        }
        if self.lock().is_none() {
            let hint = "Open the data folder for changes.";
            return Err(Error::new(
                ErrorCode::Held,
                "this process only reads the settings",
                hint,
            ));
        }
        let before = self.settings.load_full();
        let mut settings = Settings::clone(&before);
        let value = edit(&mut settings)?;
        let (store, folder, others) = (
            Arc::clone(&self.store),
            self.folder.clone(),
            self.others.clone(),
        );
        let settings = Arc::new(settings);
        let saved = Arc::clone(&settings);
        let (audit, caller) = (Arc::clone(&self.audit), audit::caller());
        // Saving waits for the disk, so it leaves the async workers alone.
        let save = move || {
            let now = Timestamp::now();
            settings_store::save(store.as_ref(), &folder, &saved, &others, now)?;
            audit.keep((&before, &saved), &note, caller, now);
            Ok::<_, Error>(())
        };
        tokio::task::spawn_blocking(save)
            .await
            .map_err(|error| broken(&error))??;
        self.settings.store(settings);
        self.apply();
        Ok(value)
    }

    /// Gives the gateway the settings and keys of now, and wakes whoever watches.
    pub(crate) fn apply(&self) {
        let settings = Arc::new(self.settings_of_this_run());
        let keys = self.keys.for_gateway(&settings);
        let gitlab = self.gitlab.for_gateway();
        // What stands in for settings that cannot be read removes nothing.
        if self.read_only().is_none() {
            self.log.keep_for(settings.log.clone());
        }
        self.log.redact(Redaction::new(&settings));
        if let Some(files) = self.log.files() {
            files.apply(
                settings.log_files.clone(),
                settings.gateway.first_byte_timeout,
            );
        }
        self.gateway.apply(Snapshot::new(settings, keys, gitlab));
        self.touch();
    }

    /// Wakes whoever watches the status.
    pub(crate) fn touch(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Changes of settings, keys and the gateway, counted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Where changes are counted, for work that goes on by itself.
    pub(crate) fn changes_sender(&self) -> watch::Sender<u64> {
        self.changes.clone()
    }

    /// Whether this process may write to the data folder.
    pub(crate) fn holds_folder(&self) -> bool {
        self.lock().is_some()
    }

    /// Tells other processes where the gateway answers.
    pub(crate) fn publish_address(&self, address: Option<&str>) {
        if let Some(lock) = self.lock().as_ref() {
            lock.set_address(address);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<FolderLock>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn notice(&self, notice: Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.truncate(20);
        notices.push(notice);
    }
}

/// A task of ours panicked.
pub(crate) fn broken(error: &tokio::task::JoinError) -> Error {
    let hint = "The service log has the details. Try again; restart Gatehouse if it stays so.";
    Error::new(ErrorCode::Failed, "something broke inside Gatehouse", hint)
        .with_details(error.to_string())
}
