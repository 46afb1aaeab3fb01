//! `gatehouse logs views`, `save-view`, `remove-view`, `keep`, and the way to `files`, `cancel` and `join`.

use control::Operator;
use control::view::LogSpace;
use domain::{LogSettings, SavedView};
use serde::Serialize;

use crate::arguments::LogsCommand;
use crate::output::{Output, Stop};

pub(super) async fn run(
    command: &LogsCommand,
    control: &Operator,
    output: Output,
) -> Result<(), Stop> {
    match command {
        LogsCommand::Cancel { id } => super::logs_cancel::run(id, control, output).await?,
        LogsCommand::Join { id, files } => {
            super::logs_join::run(id.as_deref(), files, control, output).await?
        }
        LogsCommand::Files(set) => super::log_files::run(set, control, output).await?,
        LogsCommand::Service(arguments) => {
            super::service_log::run(arguments, control, output).await?;
        }
        LogsCommand::Views => {
            for view in control.list_views(()).await? {
                output.show(&view, line)?;
            }
        }
        LogsCommand::SaveView { name, query } => {
            let view = SavedView {
                name: name.clone(),
                query: query.clone(),
            };
            control.save_view(view.clone()).await?;
            output.show(&view, line)?;
        }
        LogsCommand::RemoveView { name } => {
            control.remove_view(name.clone()).await?;
        }
        LogsCommand::Keep { days, megabytes } => {
            let old = control.log_settings(()).await?;
            if days.is_some() || megabytes.is_some() {
                let new = LogSettings {
                    keep_days: days.unwrap_or(old.keep_days),
                    keep_megabytes: megabytes.unwrap_or(old.keep_megabytes),
                    ..old
                };
                control.save_log_settings(new).await?;
            }
            let kept = Kept {
                settings: control.log_settings(()).await?,
                space: control.status(()).await?.log.space.unwrap_or_default(),
            };
            output.show(&kept, facts)?;
        }
    }
    Ok(())
}

/// How long rows are kept, and what they take.
#[derive(Serialize)]
struct Kept {
    #[serde(flatten)]
    settings: LogSettings,
    space: LogSpace,
}

fn line(view: &SavedView) -> String {
    format!("{}: {}", view.name, view.query)
}

fn facts(kept: &Kept) -> String {
    let Kept { settings, space } = kept;
    let oldest = space
        .oldest
        .map_or_else(|| "–".to_owned(), |oldest| oldest.to_string());
    format!(
        "Rows are kept {} days, and no more than {} MB of them\n{} rows take {:.1} MB; the oldest is of {oldest}",
        settings.keep_days,
        settings.keep_megabytes,
        space.rows,
        space.bytes as f64 / 1e6,
    )
}
