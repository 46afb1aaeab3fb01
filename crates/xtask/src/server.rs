//! Starts servers in the background, waits until they answer, and ends them again. Knows nothing of
//! what they serve.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::python::work;
use crate::steps::{self, Failure, Result};

/// Starts a server on this port and waits until it answers, at most `patience`. What it prints
/// goes to `.work/NAME-PORT.log`.
pub fn start(name: &str, mut server: Command, port: u16, patience: Duration) -> Result {
    let log = work().join(format!("{name}-{port}.log"));
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
    fs::write(pid_file(name, port), child.id().to_string()).map_err(cannot)?;
    wait_until_healthy(&mut child, port, patience).map_err(|Failure(reason)| {
        let words = fs::read_to_string(&log).unwrap_or_default();
        let end: Vec<&str> = words.lines().rev().take(15).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        Failure(format!(
            "{reason}; the end of {}:\n{}",
            log.display(),
            end.join("\n")
        ))
    })
}

/// Ends the server that `start` started, if it is still the one whose command line has `sign`.
pub fn stop(name: &str, port: u16, sign: &str) -> Result {
    let file = pid_file(name, port);
    let Ok(pid) = fs::read_to_string(&file) else {
        println!("no {name} server was started on port {port}");
        return Ok(());
    };
    // The recorded process may be long gone, and its number another's.
    let is_ours = fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|line| String::from_utf8_lossy(&line).contains(sign));
    if is_ours {
        steps::run(steps::command("sh", &["-c", "kill \"$0\"", &pid]))?;
    }
    fs::remove_file(file).map_err(|error| Failure(format!("cannot forget it: {error}")))
}

/// A port of our own, so that a server that someone else uses is left alone.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map_or(18079, |address| address.port())
}

fn pid_file(name: &str, port: u16) -> PathBuf {
    work().join(format!("{name}-{port}.pid"))
}

fn wait_until_healthy(child: &mut Child, port: u16, patience: Duration) -> Result {
    let started = Instant::now();
    while started.elapsed() < patience {
        if is_healthy(port) {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Failure(format!("the server ended with {status}")));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let _ = child.kill();
    Err(Failure(format!(
        "the server did not answer within {} s",
        patience.as_secs()
    )))
}

/// Whether `GET /health` answers 200.
pub fn is_healthy(port: u16) -> bool {
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
