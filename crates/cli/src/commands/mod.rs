//! The commands: each opens the data folder for what it needs, calls one operation and prints.

mod audit;
mod family;
mod feature;
mod gateway;
mod gitlab;
mod gitlab_prompt;
mod key;
mod log_files;
mod logs;
mod logs_cancel;
mod logs_join;
mod logs_settings;
mod model;
mod model_draft;
mod prompt;
mod prompt_request;
mod record;
mod redact;
mod serve;
mod service_log;
mod trial;

use std::io::{Read, stdin};
use std::path::Path;

use control::{Control, Error, ErrorCode, Operator, Purpose};

use crate::arguments::{
    Command, FamilyCommand, FeatureCommand, GatewayCommand, GitlabCommand, KeyCommand, Logs,
    LogsCommand, ModelCommand, PromptCommand, RecordCommand, RedactCommand, TrialCommand,
};
use crate::output::{Output, Stop};

/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// Runs a command.
pub(crate) async fn run(command: &Command, folder: &Path, output: Output) -> Result<(), Stop> {
    let opened = |purpose| operate(folder, purpose, output);
    match command {
        Command::Serve(arguments) => serve::run(arguments, folder, output).await,
        Command::Model(command) => {
            let reads = matches!(
                command,
                ModelCommand::List | ModelCommand::Show { .. } | ModelCommand::Test { .. }
            );
            model::run(command, &opened(reading(reads))?, output).await
        }
        Command::Family(command) => {
            let reads = matches!(command, FamilyCommand::List | FamilyCommand::Show { .. });
            family::run(command, &opened(reading(reads))?, output).await
        }
        Command::Feature(command) => {
            let reads = matches!(command, FeatureCommand::List);
            feature::run(command, &opened(reading(reads))?, output).await
        }
        Command::Key(command) => {
            let reads = matches!(command, KeyCommand::List);
            key::run(command, &opened(reading(reads))?, output).await
        }
        Command::Gateway(command) => {
            let reads = matches!(command, GatewayCommand::Show);
            gateway::run(command, &opened(reading(reads))?, output).await
        }
        Command::Gitlab(command) => {
            let reads = matches!(
                command,
                // Its status is that of the gateway that runs, so the holder is asked for it.
                GitlabCommand::Prompt(PromptCommand::List | PromptCommand::Show { .. })
            );
            gitlab::run(command, &opened(reading(reads))?, output).await
        }
        Command::Record(command) => {
            // Its status is that of the gateway that runs: a variable there may turn the switch.
            let reads = matches!(command, RecordCommand::Show { .. });
            record::run(command, &opened(reading(reads))?, output).await
        }
        Command::Redact(command) => {
            let reads = matches!(command, RedactCommand::List | RedactCommand::Preview);
            redact::run(command, &opened(reading(reads))?, output).await
        }
        Command::Audit(arguments) => {
            let reads = arguments.command.is_none();
            audit::run(arguments, &opened(reading(reads))?, output).await
        }
        Command::Trial(command) => {
            let reads = matches!(command, TrialCommand::List { .. });
            trial::run(command, &opened(reading(reads))?, output).await
        }
        Command::Prompt(arguments) => {
            prompt::run(arguments, &open(folder, Purpose::Ask, output)?, output).await
        }
        Command::Logs(Logs {
            command: Some(command),
            ..
        }) => {
            let reads = match command {
                LogsCommand::Views | LogsCommand::Join { .. } => true,
                LogsCommand::Keep { days, megabytes } => days.is_none() && megabytes.is_none(),
                // Whether lines are written is known to the process that writes them.
                LogsCommand::Files(_) | LogsCommand::Cancel { .. } => false,
                LogsCommand::SaveView { .. } | LogsCommand::RemoveView { .. } => false,
                LogsCommand::Service(_) => true,
            };
            let operator = match command {
                // A newer or damaged settings file does not keep anyone from reading it.
                LogsCommand::Service(_) => Operator::open(folder, Purpose::Read)?,
                _ => opened(reading(reads))?,
            };
            if matches!(command, LogsCommand::Keep { .. }) {
                tell_missing(folder, output).await;
            }
            logs_settings::run(command, &operator, output).await
        }
        // A newer or damaged settings file does not keep anyone from reading the log.
        Command::Logs(arguments) => {
            tell_missing(folder, output).await;
            logs::run(arguments, &Control::open(folder, Purpose::Read)?, output).await
        }
    }
}

fn reading(reads: bool) -> Purpose {
    if reads {
        Purpose::Read
    } else {
        Purpose::Change
    }
}

/// The same for a command that changes something: the process that holds the folder carries it out.
fn operate(folder: &Path, purpose: Purpose, output: Output) -> Result<Operator, Error> {
    let operator = Operator::open(folder, purpose)?;
    if let Operator::Here(control) = &operator {
        tell(control, output)?;
    }
    Ok(operator)
}

/// Opens a data folder, tells what was found there, and refuses settings that cannot be read.
fn open(folder: &Path, purpose: Purpose, output: Output) -> Result<Control, Error> {
    let control = Control::open(folder, purpose)?;
    tell(&control, output)?;
    Ok(control)
}

/// Tells what the running gateway could not write into the request log.
async fn tell_missing(folder: &Path, output: Output) {
    let Some(running) = Operator::running(folder) else {
        return;
    };
    // One that does not answer keeps nobody from reading.
    if let Ok(status) = running.status(()).await
        && let Some(why) = status.log.sentence
    {
        output.note("Not every request is in the log.", &why);
    }
}

fn tell(control: &Control, output: Output) -> Result<(), Error> {
    for notice in control.notices() {
        output.note(&notice.what, &notice.why);
    }
    match control.read_only() {
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// Reads a text from a file, or from standard input for `-`.
fn read_file(file: &Path) -> Result<String, Error> {
    read_file_within(file, LARGEST)
}

/// The same with another bound. A file beyond it is refused: half of it would be another text.
fn read_file_within(file: &Path, most: u64) -> Result<String, Error> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        stdin().take(most + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most + 1).read_to_string(&mut text))
    };
    read.map_err(|error| {
        let message = format!("cannot read {}: {error}", file.display());
        let hint = "Check the name, and that you may read it as text; - stands for standard input.";
        Error::new(ErrorCode::Invalid, message, hint)
    })?;
    if text.len() as u64 > most {
        let megabytes = most / (1024 * 1024);
        let message = format!("{} has more than {megabytes} MiB", file.display());
        return Err(Error::new(
            ErrorCode::Invalid,
            message,
            "Use a smaller file.",
        ));
    }
    Ok(text)
}
