//! The words of a folder of Markdown in SQLite's full-text index (FTS5), ranked by bm25.

use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};
use walkdir::WalkDir;

use super::sections::parts;
use crate::files::{append_private, create_folder};

/// The index; it can be deleted at any time, and is made anew at every start.
const FILE: &str = "documentation.db";
/// Files that are read, at most. GitLab's own documentation has some 3,000.
const MOST_FILES: usize = 20_000;
/// Larger files are no pages.
const LARGEST_FILE: u64 = 2 * 1024 * 1024;
/// Words of a question that are looked for.
const MOST_WORDS: usize = 40;

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// The folder or the index cannot be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Nothing to search.
    #[error("no Markdown file (*.md) is in it")]
    Empty,
}

/// A section that suits a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// The file, from the folder on, with slashes.
    pub path: String,
    /// The title of the page and the heading.
    pub title: String,
    /// What stands there.
    pub text: String,
}

/// The index of one folder.
#[derive(Debug)]
pub(super) struct Index {
    connection: Connection,
    pages: u32,
    sections: u32,
}

impl Index {
    /// Reads the folder into a new index in the data folder.
    pub(super) fn build(folder: &Path, data: &Path) -> Result<Self, IndexError> {
        if !std::fs::metadata(folder)?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory).into());
        }
        create_folder(data)?;
        let path = data.join(FILE);
        append_private(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags)?;
        // Nothing in it is worth waiting for the disk.
        connection.pragma_update(None, "journal_mode", "off")?;
        connection.pragma_update(None, "synchronous", "off")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(
            "DROP TABLE IF EXISTS sections;
             CREATE VIRTUAL TABLE sections USING fts5 (path UNINDEXED, title, text, tokenize = 'porter unicode61');",
        )?;
        let (mut pages, mut sections) = (0, 0);
        {
            let mut insert = transaction.prepare("INSERT INTO sections VALUES (?, ?, ?)")?;
            for entry in WalkDir::new(folder)
                .sort_by_file_name()
                .into_iter()
                .flatten()
            {
                let is_page = entry.file_type().is_file()
                    && entry
                        .path()
                        .extension()
                        .is_some_and(|ending| ending == "md")
                    && entry
                        .metadata()
                        .is_ok_and(|file| file.len() <= LARGEST_FILE);
                let Some(page) = is_page
                    .then(|| std::fs::read_to_string(entry.path()).ok())
                    .flatten()
                else {
                    continue;
                };
                let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                let name = name.to_string_lossy().replace('\\', "/");
                for part in parts(&page, &name) {
                    insert.execute(params![name, part.title, part.text])?;
                    sections += 1;
                }
                pages += 1;
                if pages as usize == MOST_FILES {
                    break;
                }
            }
        }
        if sections == 0 {
            return Err(IndexError::Empty);
        }
        transaction.commit()?;
        Ok(Self {
            connection,
            pages,
            sections,
        })
    }

    /// Pages in the index.
    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// Sections in the index.
    pub(super) fn sections(&self) -> u32 {
        self.sections
    }

    /// The sections with the words of a question, best first. A title counts more than a text.
    pub(super) fn search(&self, question: &str, most: usize) -> rusqlite::Result<Vec<Section>> {
        let query = query_of(question);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.connection.prepare_cached(
            "SELECT path, title, text FROM sections WHERE sections MATCH ? \
             ORDER BY bm25(sections, 0.0, 4.0, 1.0), rowid LIMIT ?",
        )?;
        let found = select.query_map(params![query, most as i64], |row| {
            Ok(Section {
                path: row.get(0)?,
                title: row.get(1)?,
                text: row.get(2)?,
            })
        })?;
        found.collect()
    }
}

/// Any of the words, each quoted, so that nothing in a question is an operator.
fn query_of(question: &str) -> String {
    let words = question.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(MOST_WORDS);
    let quoted: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    quoted.join(" OR ")
}
