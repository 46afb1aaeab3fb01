//! What the log says of the refusals of GitLab's contract.

use gitlab::wire::Refusal;

use crate::gitlab::TOKEN_REFUSED;

/// What a row says of a refusal. GitLab's own words do not tell that a token was at fault.
pub(super) fn for_admins(refusal: &Refusal) -> String {
    let message = refusal.message();
    match refusal {
        Refusal::NoScope(_) | Refusal::NoContextScope(_) => {
            format!("{TOKEN_REFUSED}: it has no scope for this ({message})")
        }
        _ => message,
    }
}
