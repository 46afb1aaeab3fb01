//! `gatehouse logs files`.

use control::view::LogFilesView;
use control::{Error, Operator};
use domain::{LogFiles, LogTarget};

use crate::arguments::LogFilesSet;
use crate::output::{Output, Stop, system_error};

/// Whether anything is to be changed.
fn changes(set: &LogFilesSet) -> bool {
    let numbers = [set.rotate_megabytes, set.rotate_days, set.keep_files];
    let texts = [&set.gateway, &set.llm, &set.level];
    texts.iter().any(|text| text.is_some())
        || numbers.iter().any(Option::is_some)
        || set.format_json.is_some()
}

pub(super) async fn run(
    set: &LogFilesSet,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let mut view = operator.log_files(()).await?;
    if changes(set) {
        let old = view.settings;
        let level = set.level.as_deref().map(str::parse).transpose();
        let new = LogFiles {
            gateway: target(set.gateway.as_deref(), &old.gateway)?,
            llm: target(set.llm.as_deref(), &old.llm)?,
            level: level.map_err(Error::from)?.unwrap_or(old.level),
            json: set.format_json.unwrap_or(old.json),
            rotate_megabytes: set.rotate_megabytes.unwrap_or(old.rotate_megabytes),
            rotate_days: set.rotate_days.unwrap_or(old.rotate_days),
            keep_files: set.keep_files.unwrap_or(old.keep_files),
            rest: old.rest,
        };
        view = operator.save_log_files(new).await?;
    }
    output.show(&view, facts)
}

/// A path is taken from the folder in which the command was started.
fn target(text: Option<&str>, old: &LogTarget) -> Result<LogTarget, Stop> {
    Ok(match text {
        None => old.clone(),
        Some("off") => LogTarget::Off,
        Some("stdout") => LogTarget::Stdout,
        Some(path) => {
            let path = std::path::absolute(path).map_err(system_error)?;
            LogTarget::File {
                path: path.to_string_lossy().into_owned(),
            }
        }
    })
}

fn facts(view: &LogFilesView) -> String {
    let shown = |target: &LogTarget| match target {
        LogTarget::Off => "off".to_owned(),
        LogTarget::Stdout => "standard output".to_owned(),
        LogTarget::File { path } => path.clone(),
    };
    let settings = &view.settings;
    let mut lines = vec![
        format!("Gateway log: {}", shown(&settings.gateway)),
        format!("llm.log: {}", shown(&settings.llm)),
        format!(
            "A new file after {} MB or {} days; {} are kept",
            settings.rotate_megabytes, settings.rotate_days, settings.keep_files
        ),
    ];
    let held = view.overrides.iter();
    lines.extend(held.map(|held| format!("{} holds over {}", held.variable, held.setting)));
    if view.lost > 0 {
        lines.push(format!("{} lines were given up", view.lost));
    }
    lines.extend(view.sentence.clone());
    lines.join("\n")
}
