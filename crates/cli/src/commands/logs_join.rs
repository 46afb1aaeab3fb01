//! `gatehouse logs join`

use std::path::{Path, PathBuf};

use control::view::{Hop, JoinQuery, Joined, JoinedMoment, SeenId, SeenIds};
use control::{Error, Operator};

use crate::output::{Output, Stop};

/// Shows what is known of a correlation id; without one, the newest ids of each file. A file that
/// cannot be read takes nothing from the others, and fails the command at its end.
pub(super) async fn run(
    id: Option<&str>,
    files: &[PathBuf],
    control: &Operator,
    output: Output,
) -> Result<(), Stop> {
    // Another process may carry it out, in another folder.
    let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let files: Vec<String> = files
        .iter()
        .map(|path| whole(path).display().to_string())
        .collect();
    let Some(id) = id else {
        let mut unread = Vec::new();
        for path in files {
            match control.ids_in_file(path).await {
                Ok(seen) => output.show(&seen, ids)?,
                Err(error) => unread.push(error),
            }
        }
        return end(unread, output);
    };
    let query = JoinQuery {
        correlation_id: id.to_owned(),
        files,
    };
    let joined = control.join(query).await?;
    output.show(&joined, text)?;
    end(joined.unread, output)
}

/// Says all errors but the last, which is what the command ends with.
fn end(mut errors: Vec<Error>, output: Output) -> Result<(), Stop> {
    let last = errors.pop();
    errors.iter().for_each(|error| output.error(error));
    last.map_or(Ok(()), |error| Err(error.into()))
}

fn ids(seen: &SeenIds) -> String {
    let lines: Vec<_> = seen.ids.iter().map(id_line).collect();
    lines.join("\n")
}

fn text(joined: &Joined) -> String {
    let mut lines: Vec<_> = joined.moments.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(format!(
            "Nothing is known of {} here.",
            joined.correlation_id
        ));
    }
    for file in &joined.files {
        let name = Path::new(&file.path)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let damaged = match file.damaged {
            0 => String::new(),
            damaged => format!(", {damaged} damaged"),
        };
        let cut = if file.is_cut {
            ", read in part: it is too long"
        } else {
            ""
        };
        lines.push(format!(
            "{name}: {} of {} lines{damaged}{cut}",
            file.found, file.lines
        ));
        if !file.near.is_empty() {
            lines.push("  The id is not in it. Near by time:".into());
            lines.extend(file.near.iter().map(|seen| format!("  {}", id_line(seen))));
        }
    }
    lines.join("\n")
}

fn id_line(seen: &SeenId) -> String {
    format!("{}  {}  {}", seen.at, seen.correlation_id, seen.sentence)
}

fn line(moment: &JoinedMoment) -> String {
    let hop = match moment.hop {
        Hop::Gitlab => "GitLab",
        Hop::Gatehouse => "Gatehouse",
        Hop::Upstream => "upstream",
    };
    let after = moment
        .after_ms
        .map_or_else(String::new, |after| format!("+{after:.1} ms"));
    let took = moment
        .took_ms
        .map_or_else(String::new, |took| format!("  took {took:.1} ms"));
    let fields = moment.fields.iter();
    let fields = fields.map(|field| format!("  {}={}", field.name, field.value));
    format!(
        "{}  {after:>12}  {hop:<9}  {}{took}{}  ({})",
        moment.at,
        moment.sentence,
        fields.collect::<String>(),
        moment.source
    )
}
