//! Trials and presets of the playground.

use jiff::Zoned;

use crate::files::{file_error, fresh_export, write_new};
use crate::history::{read_file, write_file};
use crate::view::{
    Exported, ImportedTrials, KeptTrial, MarkTrial, Preset, SaveTrial, TrialId, TrialPage,
    TrialQuery, TrialRow,
};
use crate::{Control, Error, ErrorCode};

/// The most trials of one export.
const EXPORTED: u32 = 10_000;

/// The most bytes of one export: as much as is imported.
const EXPORTED_BYTES: usize = 64 * 1024 * 1024;

impl Control {
    /// What was tried in the playground.
    pub async fn list_trials(&self, query: TrialQuery) -> Result<TrialPage, Error> {
        self.history.run(move |history| history.list(&query)).await
    }

    /// One trial. An answer that had not ended when the trial was saved last is there as far as it
    /// came: as arriving only while this process hears more of it.
    pub async fn get_trial(&self, id: TrialId) -> Result<KeptTrial, Error> {
        self.history.run(move |history| history.get(&id)).await
    }

    /// Keeps a trial, in the place of the one that has its id.
    pub async fn save_trial(&self, save: SaveTrial) -> Result<TrialRow, Error> {
        let now = jiff::Timestamp::now();
        self.history
            .run(move |history| history.save(&save, now))
            .await
    }

    /// Names a trial or pins it.
    pub async fn mark_trial(&self, mark: MarkTrial) -> Result<TrialRow, Error> {
        self.history.run(move |history| history.mark(&mark)).await
    }

    /// Removes a trial.
    pub async fn remove_trial(&self, id: TrialId) -> Result<(), Error> {
        self.history.run(move |history| history.remove(&id)).await
    }

    /// Writes these trials to a new file among the user's downloads; all when none is named.
    pub async fn export_trials(&self, ids: Vec<TrialId>) -> Result<Exported, Error> {
        let folder = self.folder().to_owned();
        self.history
            .run(move |history| {
                let mut wanted = ids;
                let mut skip = 0;
                while skip < EXPORTED && (skip > 0 || wanted.is_empty()) {
                    let query = TrialQuery {
                        limit: 500,
                        skip,
                        search: None,
                    };
                    let rows = history.list(&query)?.rows;
                    if rows.is_empty() {
                        break;
                    }
                    skip += rows.len() as u32;
                    wanted.extend(rows.into_iter().map(|row| row.id));
                }
                let mut kept = Vec::new();
                for id in &wanted {
                    kept.push(history.get(id)?);
                }
                let rows = kept.len() as u64;
                let document = write_file(kept)?;
                if document.len() > EXPORTED_BYTES {
                    let hint = "Choose fewer trials.";
                    let message = "the trials have more than 64 MiB together";
                    return Err(Error::new(ErrorCode::Invalid, message, hint));
                }
                let path = fresh_export(&folder, "trials", "json", &Zoned::now())?;
                write_new(&path, &document)
                    .map_err(|error| file_error("cannot write", &path, &error))?;
                let path = path.display().to_string();
                Ok(Exported { path, rows })
            })
            .await
    }

    /// Adds the trials of such a file, given as its text: all or none.
    pub async fn import_trials(&self, text: String) -> Result<ImportedTrials, Error> {
        self.history
            .run(move |history| history.import(read_file(&text)?))
            .await
    }

    /// Instructions and parameters with a name.
    pub async fn list_presets(&self, (): ()) -> Result<Vec<Preset>, Error> {
        self.history.run(|history| history.presets()).await
    }

    /// Keeps a preset, in the place of the one that has its name.
    pub async fn save_preset(&self, preset: Preset) -> Result<Vec<Preset>, Error> {
        self.history
            .run(move |history| history.save_preset(preset))
            .await
    }

    /// Removes the preset of this name.
    pub async fn remove_preset(&self, name: String) -> Result<Vec<Preset>, Error> {
        self.history
            .run(move |history| history.remove_preset(&name))
            .await
    }
}
