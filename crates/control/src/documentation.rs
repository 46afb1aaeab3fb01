//! The documentation that Duo Chat may search: Markdown files of a folder, cut into sections, in an
//! SQLite index of their words. Holds nothing but what is in that folder, and can be made anew.

mod index;
mod sections;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::InstanceUrl;
use gateway::Found;

use crate::view::DocumentationState;
use index::{Index, Section};

/// The index of the folder that the admin named, if any.
#[derive(Debug, Clone)]
pub(crate) struct Documentation {
    data: PathBuf,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    folder: Option<PathBuf>,
    /// The instance whose documentation it is.
    site: Option<InstanceUrl>,
    state: DocumentationState,
    index: Option<Index>,
}

impl Documentation {
    /// No folder yet. The index is kept in the data folder.
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            known: Arc::default(),
        }
    }

    /// Searches this folder from now on; none searches nothing. A folder that is new is read on a
    /// thread of its own, and `done` is called when it has been.
    pub(crate) fn use_folder(
        &self,
        folder: Option<&str>,
        site: Option<&InstanceUrl>,
        done: impl FnOnce() + Send + 'static,
    ) {
        let folder = folder.map(PathBuf::from);
        let mut known = self.known();
        known.site = site.cloned();
        if known.folder == folder {
            return;
        }
        known.folder.clone_from(&folder);
        known.index = None;
        let Some(folder) = folder else {
            known.state = DocumentationState::None;
            return;
        };
        known.state = DocumentationState::Reading;
        drop(known);
        let (this, data) = (self.clone(), self.data.clone());
        let read = move || {
            let read = Index::build(&folder, &data);
            let mut known = this.known();
            // The admin may have named another one meanwhile.
            if known.folder.as_ref() == Some(&folder) {
                known.state = match &read {
                    Ok(index) => DocumentationState::Ready {
                        pages: index.pages(),
                        sections: index.sections(),
                    },
                    Err(error) => DocumentationState::Failed {
                        problem: format!("{} cannot be searched: {error}", folder.display()),
                    },
                };
                known.index = read.ok();
            }
            drop(known);
            done();
        };
        let thread = std::thread::Builder::new().name("documentation".into());
        if let Err(error) = thread.spawn(read) {
            self.known().state = DocumentationState::Failed {
                problem: format!("the documentation was not read: {error}"),
            };
        }
    }

    /// What is known of the folder.
    pub(crate) fn state(&self) -> DocumentationState {
        self.known().state.clone()
    }

    fn sections(&self, question: &str, most: usize) -> Vec<Section> {
        let known = self.known();
        let Some(index) = &known.index else {
            return Vec::new();
        };
        index.search(question, most).unwrap_or_else(|error| {
            tracing::warn!(%error, "the documentation was not searched");
            Vec::new()
        })
    }

    /// Where a reader finds a page: GitLab serves its own documentation below `/help`.
    fn address(&self, path: &str) -> String {
        match &self.known().site {
            Some(site) => site.join(&format!("/help/{path}")),
            None => format!("https://docs.gitlab.com/{}", path.trim_end_matches(".md")),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl gateway::Documentation for Documentation {
    fn search(&self, question: &str, most: usize) -> Vec<Found> {
        let found = self.sections(question, most).into_iter();
        let found = found.map(|section| Found {
            source_url: self.address(&section.path),
            id: section.path,
            title: section.title,
            content: section.text,
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests;
