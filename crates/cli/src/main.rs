//! The headless twin of the window: one command per operation, and `serve` for the gateway alone.
//! Exit status 0, 1 (it failed: the reason is on standard error), 2 (bad usage).

mod admin;
mod arguments;
mod commands;
mod output;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use output::{Output, Stop};

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output {
        json: arguments.json,
    };
    match run(&arguments, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::ReaderGone) => ExitCode::SUCCESS,
        Err(Stop::Failed(error)) => {
            output.error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<(), Stop> {
    let folder = match &arguments.data_dir {
        Some(folder) => folder.clone(),
        None => control::default_folder()?,
    };
    let mut runtime = match arguments.command {
        Command::Serve(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(output::system_error)?;
    runtime.block_on(commands::run(&arguments.command, &folder, output))
}
