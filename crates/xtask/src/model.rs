//! `cargo xtask model`: a real model server to try things with. It is llama.cpp's HTTP server with
//! a model of 135 million parameters, which knows little and speaks the real protocol; with `--fim`
//! its vocabulary has the tokens that fill a gap, though it never learnt to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::python;
use crate::server;
use crate::setup;
use crate::steps::{self, Failure, Result, command};
use Kind::{Fim, Plain};

/// Loading takes seconds; a machine that is busy with builds takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

const SCRIPT: &str = "crates/xtask/model_server.py";

/// Which model is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The model as it is.
    Plain,
    /// With FIM tokens in its vocabulary. They are on the wire only: scores mean nothing.
    Fim,
}

impl Kind {
    fn port(self) -> u16 {
        match self {
            Plain => 18080,
            Fim => 18081,
        }
    }

    fn alias(self) -> &'static str {
        match self {
            Plain => "smollm2-135m-instruct",
            Fim => "smollm2-fim",
        }
    }
}

/// `model [start|stop|status] [--fim] [--port PORT]`.
pub fn command_line<'a>(words: &[&'a str]) -> Option<(&'a str, Kind, u16)> {
    let (what, rest) = match words {
        [what @ ("start" | "stop" | "status"), rest @ ..] => (*what, rest),
        rest => ("start", rest),
    };
    let (kind, rest) = match rest {
        ["--fim", rest @ ..] => (Fim, rest),
        rest => (Plain, rest),
    };
    match rest {
        [] => Some((what, kind, kind.port())),
        ["--port", port] => Some((what, kind, port.parse().ok()?)),
        _ => None,
    }
}

/// Starts the server, stops it, or says how it is.
pub fn command_of(words: &[&str]) -> Result {
    match command_line(words) {
        Some(("start", kind, port)) => start(kind, port),
        Some(("stop", _, port)) => stop(port),
        Some((_, _, port)) => {
            let state = if server::is_healthy(port) {
                "answers"
            } else {
                "does not answer"
            };
            println!("the model server on port {port} {state}");
            Ok(())
        }
        None => Err(Failure(
            "usage: cargo xtask model [start|stop|status] [--fim] [--port PORT]".into(),
        )),
    }
}

/// Starts the server unless it runs, and waits until it answers.
pub fn start(kind: Kind, port: u16) -> Result {
    if !server::is_healthy(port) {
        if !steps::is_there("python3") {
            setup::packages(&["python3-venv"])?;
        }
        let python = python::model_server()?;
        let port_word = port.to_string();
        let mut serve = command(&python, &[SCRIPT, &port_word, kind.alias()]);
        if kind == Fim {
            serve.arg(fim_model(&python)?);
        }
        server::start("model", serve, port, PATIENCE)?;
    }
    println!("http://127.0.0.1:{port}/v1  (model {})", kind.alias());
    Ok(())
}

/// Ends the server that `start` started.
pub fn stop(port: u16) -> Result {
    server::stop("model", port, "model_server.py")
}

/// The model as it came.
pub fn plain_model(python: &Path) -> Result<PathBuf> {
    let path = steps::output(command(python, &[SCRIPT, "--where"]))?;
    Ok(PathBuf::from(path.trim()))
}

/// The model with FIM tokens; made when it is missing.
fn fim_model(python: &Path) -> Result<PathBuf> {
    let made = python::work().join("smollm2-fim.gguf");
    if made.exists() {
        return Ok(made);
    }
    // A half-written one is not taken for a whole one.
    let part = made.with_extension("part");
    let mut make = command(python, &["crates/xtask/fim_model.py"]);
    make.arg(plain_model(python)?).arg(&part);
    steps::run(make)?;
    let moved = fs::rename(&part, &made);
    moved.map_err(|error| Failure(format!("cannot keep {}: {error}", made.display())))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_on_the_usual_port_is_what_no_words_mean() {
        assert_eq!(command_line(&[]), Some(("start", Plain, 18080)));
        assert_eq!(command_line(&["--fim"]), Some(("start", Fim, 18081)));
        let on_port = |words| command_line(words).map(|(what, _, port)| (what, port));
        assert_eq!(on_port(&["--port", "99"]), Some(("start", 99)));
        assert_eq!(
            on_port(&["stop", "--fim", "--port", "99"]),
            Some(("stop", 99))
        );
        assert_eq!(command_line(&["dance"]), None);
        assert_eq!(command_line(&["start", "--port", "x"]), None);
    }
}
