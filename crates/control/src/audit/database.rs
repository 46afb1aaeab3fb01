//! The file of the audit. Every change opens it anew: they are rare, and nothing holds a file that an
//! admin moves.

use rusqlite::{Connection, ErrorCode};

use crate::sqlite::{DatabaseError, Schema};

/// The database inside the data folder.
pub(super) static AUDIT: Schema = Schema {
    what: "the audit",
    file: "audit.sqlite",
    migrations: &["
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,          -- milliseconds since 1970
        who TEXT NOT NULL,
        operation TEXT NOT NULL,
        sentence TEXT NOT NULL,
        changes TEXT NOT NULL,        -- JSON: every place with its value before and since
        words TEXT NOT NULL,          -- all of it in lower case, to be searched
        undoes INTEGER,
        undone_by INTEGER
    ) STRICT;
"],
    prepare,
    probes: &["SELECT count(*), max(words) FROM changes"],
};

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// What happened and what to do, for the admin.
pub(super) fn sentence(error: &DatabaseError) -> String {
    let lead = "Changes of settings are made, but not kept in the audit:";
    let what_to_do = match error {
        DatabaseError::Newer { .. } => "install the newer Gatehouse, or use another data folder.",
        error if error.is_damage() => "restart Gatehouse to begin a new one.",
        error if error.code() == Some(ErrorCode::DiskFull) => "free some space.",
        _ => "check the disk and the data folder.",
    };
    format!("{lead} {error}; {what_to_do}")
}
