//! The commands of this repository: `cargo xtask run`, `cargo xtask test` and their parts. They
//! use the standard library alone, so that they work before anything is installed. They know
//! nothing of what Gatehouse does.

#![expect(
    clippy::print_stdout,
    reason = "talking to the person at the terminal is its work"
)]

mod bench;
mod fuzz;
mod icons;
mod model;
mod node;
mod python;
mod run;
mod server;
mod setup;
mod steps;
mod tally;
mod test;
mod ui;
mod vllm;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [--dev] [--no-setup]      install what is missing, build, open the control panel;
                                without a display: start the headless service
  test [--fast] [--no-setup]    check everything; --fast leaves out the end-to-end tests
  test --vllm                   check the gateway in front of real vLLM: 5.5 GB, some minutes
  setup                         install all that run and test need
  model [start|stop|status]     a real model server on 127.0.0.1:18080 [--port PORT];
        [--fim]                 with the tokens that fill a gap, on port 18081
  fuzz [SECONDS]                the fuzz targets for so long each (default: 300)
  icons                         render icons/*.svg into the files that the window needs
  bench [gateway]               measure the gateway beside a bare proxy
  bench logs                    measure pages and searches over a log of a million rows
  bench ui                      measure frames, keys and first tokens in the real window
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["run", flags @ ..] if known(flags, &["--dev", "--no-setup"]) => run::run(flags),
        ["test", flags @ ..] if known(flags, &["--fast", "--no-setup"]) => test::test(flags),
        ["test", "--vllm"] => test::vllm(),
        ["setup"] => setup::everything(),
        ["model", rest @ ..] => model::command_of(rest),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        ["icons"] => icons::render(),
        ["bench"] | ["bench", "gateway"] => bench::gateway(),
        ["bench", "logs"] => bench::logs(),
        ["bench", "ui"] => bench::ui(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => {
            eprint!("cannot do \"{}\"\n\n{USAGE}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn known(flags: &[&str], allowed: &[&str]) -> bool {
    flags.iter().all(|flag| allowed.contains(flag))
}
