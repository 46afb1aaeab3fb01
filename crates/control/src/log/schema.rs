//! The tables of the request log, as each version of the program left them. Opens no file.

/// Lifts a database of the version of its place (from 0) to the next one.
pub(super) const MIGRATIONS: [&str; 6] = [
    "
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        started_at INTEGER NOT NULL,  -- ms since 1970
        correlation_id TEXT NOT NULL,
        state TEXT NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        client TEXT NOT NULL,
        model TEXT,
        feature TEXT,
        streamed INTEGER NOT NULL,
        status INTEGER,
        first_token_us INTEGER,
        duration_us INTEGER,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        finish_reason TEXT,
        error TEXT
    ) STRICT;
    CREATE INDEX requests_correlation_id ON requests (correlation_id);
    CREATE INDEX requests_model ON requests (model);
    CREATE INDEX requests_feature ON requests (feature) WHERE feature IS NOT NULL;
    -- Completed rows are nearly all; the others are found without them.
    CREATE INDEX requests_state ON requests (state)
        WHERE state = 'running' OR state = 'failed' OR state = 'refused'
           OR state = 'cancelled' OR state = 'interrupted';
    -- Written once in a batch for each client; an index of the clients would cost each request.
    CREATE TABLE clients (
        name TEXT PRIMARY KEY,
        last_used_at INTEGER NOT NULL  -- ms since 1970
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE requests ADD COLUMN family TEXT;
    ALTER TABLE requests ADD COLUMN provider TEXT;
    ALTER TABLE requests ADD COLUMN answered_by TEXT;  -- the fallback, when one answered
    ALTER TABLE requests ADD COLUMN retries INTEGER;
    ALTER TABLE requests ADD COLUMN queued_us INTEGER;
    ALTER TABLE requests ADD COLUMN notes TEXT;        -- a JSON array of short texts
",
    "
    CREATE TABLE totals (
        id INTEGER PRIMARY KEY CHECK (id = 0),  -- one row
        rows INTEGER NOT NULL,     -- of requests
        indexed INTEGER NOT NULL   -- rows up to this one are in the full-text index
    ) STRICT;
    INSERT INTO totals SELECT 0, count(*), ifnull(min(id), 1) - 1 FROM requests;
    -- The full-text index is in parts, by id, so that old ones can be dropped whole.
    CREATE TABLE parts (part INTEGER PRIMARY KEY) STRICT;
    -- Rows that the index passed over because they ran, and those that changed after it took them.
    CREATE TABLE overdue (id INTEGER PRIMARY KEY, is_stale INTEGER NOT NULL) STRICT;
    -- A row that another process took for dead may still end.
    CREATE TRIGGER requests_end_again AFTER UPDATE ON requests
        WHEN old.state <> 'running' AND new.id <= (SELECT indexed FROM totals) BEGIN
        INSERT OR IGNORE INTO overdue VALUES (new.id, 1);
    END;
    -- What was accepted in each span of time, written once in a batch.
    CREATE TABLE spans (
        span INTEGER PRIMARY KEY,  -- its number since 1970
        first INTEGER NOT NULL,    -- the lowest and the highest row
        last INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL
    ) STRICT;
    INSERT INTO spans SELECT started_at / 5000, min(id), max(id), count(*),
        sum(state = 'failed'), ifnull(sum(completion_tokens), 0) FROM requests GROUP BY 1;
    CREATE INDEX requests_status ON requests (status) WHERE status >= 400;
",
    "
    ALTER TABLE requests ADD COLUMN address TEXT;      -- ip:port of the client
    ALTER TABLE requests ADD COLUMN connect_us INTEGER;
    ALTER TABLE requests ADD COLUMN gap_us INTEGER;    -- mean time between tokens
    ALTER TABLE requests ADD COLUMN auth_us INTEGER;
    ALTER TABLE requests ADD COLUMN token_issuer TEXT;
    ALTER TABLE requests ADD COLUMN instance_id TEXT;
",
    "
    ALTER TABLE requests ADD COLUMN params TEXT;       -- a JSON array of keys and values
",
    "
    -- The number that the process of this row gave it, for its journal; none where it kept none.
    ALTER TABLE requests ADD COLUMN sequence INTEGER;
    -- How many processes have kept a journal.
    ALTER TABLE totals ADD COLUMN runs INTEGER NOT NULL DEFAULT 0;
",
];
