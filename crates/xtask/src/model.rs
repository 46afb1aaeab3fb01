//! `cargo xtask model`: a real model server to try things with. It is llama.cpp's HTTP server with
//! a model of 135 million parameters, which knows little and speaks the real protocol.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::python;
use crate::setup;
use crate::steps::{self, Failure, Result};

const PORT: u16 = 18080;

/// Loading takes seconds; a machine that is busy with builds takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// `model [start|stop|status] [--port PORT]`.
pub fn command_line(words: &[&str]) -> Option<(&'static str, u16)> {
    let (what, rest) = match words {
        ["start", rest @ ..] => ("start", rest),
        ["stop", rest @ ..] => ("stop", rest),
        ["status", rest @ ..] => ("status", rest),
        rest => ("start", rest),
    };
    match rest {
        [] => Some((what, PORT)),
        ["--port", port] => Some((what, port.parse().ok()?)),
        _ => None,
    }
}

/// Starts the server, stops it, or says how it is.
pub fn command(words: &[&str]) -> Result {
    match command_line(words) {
        Some(("start", port)) => start(port),
        Some(("stop", port)) => stop(port),
        Some((_, port)) => {
            let state = if is_healthy(port) {
                "answers"
            } else {
                "does not answer"
            };
            println!("the model server on port {port} {state}");
            Ok(())
        }
        None => Err(Failure(
            "usage: cargo xtask model [start|stop|status] [--port PORT]".into(),
        )),
    }
}

/// Starts the server unless it runs, and waits until it answers.
pub fn start(port: u16) -> Result {
    if !is_healthy(port) {
        if !steps::is_there("python3") {
            setup::packages(&["python3-venv"])?;
        }
        let python = python::model_server()?;
        let log = python::work().join(format!("model-{port}.log"));
        let script = "crates/xtask/model_server.py";
        let mut server = steps::command(python, &[script, &port.to_string()]);
        let cannot =
            |error: std::io::Error| Failure(format!("cannot write {}: {error}", log.display()));
        let file = File::create(&log).map_err(cannot)?;
        server
            .stdin(Stdio::null())
            .stderr(file.try_clone().map_err(cannot)?)
            .stdout(file);
        // It stays when this program ends, also when that is by Ctrl-C.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut server, 0);
        steps::show(&server);
        let mut child = server
            .spawn()
            .map_err(|error| Failure(format!("cannot start it: {error}")))?;
        fs::write(pid_file(port), child.id().to_string()).map_err(cannot)?;
        wait_until_healthy(&mut child, port).map_err(|Failure(reason)| {
            let words = fs::read_to_string(&log).unwrap_or_default();
            let end: Vec<&str> = words.lines().rev().take(15).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            Failure(format!(
                "{reason}; the end of {}:\n{}",
                log.display(),
                end.join("\n")
            ))
        })?;
    }
    println!("http://127.0.0.1:{port}/v1  (model smollm2-135m-instruct)");
    Ok(())
}

/// Ends the server that `start` started.
pub fn stop(port: u16) -> Result {
    let Ok(pid) = fs::read_to_string(pid_file(port)) else {
        println!("no model server was started on port {port}");
        return Ok(());
    };
    // The recorded process may be long gone, and its number another's.
    let is_ours = fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|line| String::from_utf8_lossy(&line).contains("model_server.py"));
    if is_ours {
        steps::run(steps::command("sh", &["-c", "kill \"$0\"", &pid]))?;
    }
    fs::remove_file(pid_file(port)).map_err(|error| Failure(format!("cannot forget it: {error}")))
}

fn pid_file(port: u16) -> PathBuf {
    python::work().join(format!("model-{port}.pid"))
}

fn wait_until_healthy(child: &mut Child, port: u16) -> Result {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if is_healthy(port) {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Failure(format!("the model server ended with {status}")));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let _ = child.kill();
    Err(Failure(format!(
        "the model server did not answer within {} s",
        PATIENCE.as_secs()
    )))
}

/// Whether `GET /health` answers 200.
fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream
            .write_all(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_on_the_usual_port_is_what_no_words_mean() {
        assert_eq!(command_line(&[]), Some(("start", 18080)));
        assert_eq!(command_line(&["--port", "99"]), Some(("start", 99)));
        assert_eq!(command_line(&["stop", "--port", "99"]), Some(("stop", 99)));
        assert_eq!(command_line(&["dance"]), None);
        assert_eq!(command_line(&["start", "--port", "x"]), None);
    }
}
