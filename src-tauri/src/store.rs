//! The settings document in the Tauri store. The store writes in place and reads a damaged file
//! as an empty one, so `control` checks the file before the store sees it and keeps copies that
//! are known to be good.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use control::{Error, ErrorCode, SettingsStore, document_path};
use serde_json::{Map, Value};
use tauri::AppHandle;
use tauri_plugin_store::{Store, StoreExt};

/// The settings document of a data folder, through the Tauri store.
pub(crate) struct PluginStore {
    app: AppHandle,
    path: PathBuf,
}

impl PluginStore {
    pub(crate) fn new(app: AppHandle, folder: &Path) -> Self {
        Self {
            app,
            path: document_path(folder),
        }
    }

    /// The store, which reads the file when it is opened. It saves when told, and once more when
    /// the program ends if it is still open then; so whoever opens it closes it.
    fn store(&self) -> Result<Arc<Store<tauri::Wry>>, Error> {
        self.app
            .store_builder(&self.path)
            .disable_auto_save()
            .build()
            .map_err(|error| trouble(&error))
    }
}

impl SettingsStore for PluginStore {
    fn read(&self) -> Result<Option<Value>, Error> {
        let store = self.store()?;
        let entries = store.entries();
        store.close_resource();
        if entries.is_empty() {
            return Ok(None);
        }
        Ok(Some(Value::Object(
            entries.into_iter().collect::<Map<_, _>>(),
        )))
    }

    fn write(&self, document: &Value) -> Result<(), Error> {
        let store = self.store()?;
        let Some(document) = document.as_object() else {
            return Ok(());
        };
        for name in store
            .keys()
            .into_iter()
            .filter(|name| !document.contains_key(name))
        {
            store.delete(name);
        }
        for (name, value) in document {
            store.set(name, value.clone());
        }
        let saved = store.save().map_err(|error| trouble(&error));
        store.close_resource();
        saved
    }
}

fn trouble(error: &tauri_plugin_store::Error) -> Error {
    let hint = "Check that the data folder can be written and that the disk is not full.";
    Error::new(ErrorCode::Failed, "the settings store failed", hint).with_details(error.to_string())
}
