//! The tokens seen lately, for the panel: who asked and what came of it. Holds no token, and
//! forgets with the program.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::HeaderName;
use jiff::Timestamp;

use crate::headers::{self, GLOBAL_USER_ID, HOST_NAME, INSTANCE_ID, VERSION};
use crate::{Caller, Refusal, Scope, words};

/// The most callers that are remembered: of those who were let in, and of those who never were.
/// Counted apart, so that a stranger cannot push out who belongs here.
const MOST_ACCEPTED: usize = 200;
const MOST_REFUSED: usize = 50;

/// The longest text of a header that is kept, in characters.
const LONGEST: usize = 100;

/// The tokens seen lately, bounded.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Vec<SeenToken>>);

/// A caller: an instance and one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenToken {
    /// The id of the instance, empty when the request had none.
    pub instance_id: String,
    /// The anonymous hash of the user, empty when the request had none.
    pub global_user_id: String,
    /// The host name of the instance. Headers alone say this and the version.
    pub host_name: String,
    /// The version of the instance.
    pub version: String,
    /// What its last accepted token was; nothing when none was ever accepted.
    pub accepted: Option<TokenKind>,
    /// What that token may be used for.
    pub scopes: Arc<[Scope]>,
    /// When it asked last.
    pub last_at: Timestamp,
    /// When and why it was refused last.
    pub refusal: Option<SeenRefusal>,
}

/// Whose token it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// One that a provider's key signed.
    Instance,
    /// One that we signed.
    User,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRefusal {
    /// When it was.
    pub at: Timestamp,
    /// What the client was told.
    pub text: String,
    /// What happened, in words for the admin.
    pub reason: String,
}

impl Seen {
    /// Remembers what [`crate::Access::verify`] said of these headers.
    pub fn note(&self, headers: &HeaderMap, outcome: &Result<Caller, Refusal>, now: Timestamp) {
        let text = |name: &HeaderName| {
            words::clean(headers::text(headers, name).unwrap_or_default(), LONGEST)
        };
        let (instance_id, global_user_id) = (text(&INSTANCE_ID), text(&GLOBAL_USER_ID));
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |row: &SeenToken| {
            row.instance_id == instance_id && row.global_user_id == global_user_id
        };
        let index = rows.iter().position(is_it);
        let index = index.unwrap_or_else(|| {
            rows.push(SeenToken {
                instance_id,
                global_user_id,
                host_name: text(&HOST_NAME),
                version: text(&VERSION),
                accepted: None,
                scopes: Arc::default(),
                last_at: now,
                refusal: None,
            });
            rows.len() - 1
        });
        let row = &mut rows[index];
        row.last_at = now;
        match outcome {
            Ok(caller) => {
                // Only who is let in may say what the row shows.
                row.host_name = text(&HOST_NAME);
                row.version = text(&VERSION);
                row.accepted = Some(match caller {
                    Caller::Instance(_) => TokenKind::Instance,
                    Caller::User(_) => TokenKind::User,
                });
                row.scopes = Arc::clone(caller.scopes());
            }
            Err(refusal) => {
                row.refusal = Some(SeenRefusal {
                    at: now,
                    text: refusal.to_string(),
                    reason: refusal.reason(),
                });
            }
        }
        forget(&mut rows, true, MOST_ACCEPTED);
        forget(&mut rows, false, MOST_REFUSED);
    }

    /// All of them, the latest first.
    pub fn list(&self) -> Vec<SeenToken> {
        let mut rows = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        rows.sort_by_key(|row| std::cmp::Reverse(row.last_at));
        rows
    }

    /// The last refusal of all.
    pub fn last_refusal(&self) -> Option<SeenRefusal> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refusals = rows.iter().filter_map(|row| row.refusal.as_ref());
        refusals.max_by_key(|refusal| refusal.at).cloned()
    }
}

/// Forgets the row of this kind that asked longest ago when there are more than `most`.
fn forget(rows: &mut Vec<SeenToken>, accepted: bool, most: usize) {
    let of_kind = || {
        rows.iter()
            .enumerate()
            .filter(|(_, row)| row.accepted.is_some() == accepted)
    };
    if of_kind().count() > most
        && let Some((oldest, _)) = of_kind().min_by_key(|(_, row)| row.last_at)
    {
        rows.remove(oldest);
    }
}
