//! Child processes that end with their owner, and what the system says about processes.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Kernel ticks a second in `/proc`; 100 on every Linux that people run.
const TICKS_PER_SECOND: u64 = 100;

/// A child process and its output, line by line. Killed when dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// Starts a command. Its standard output is read; its standard error is the test's.
    pub fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let output = child.stdout.take().expect("it was piped a line above");
        let (sender, lines) = channel();
        // Ends with the process, whose end closes the pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its output; none when it takes too long or there will be no more.
    pub fn line(&self, patience: Duration) -> Option<String> {
        self.lines.recv_timeout(patience).ok()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Waits for its end; none when it still runs after `patience`.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, patience)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of a child; none when it still runs after `patience`.
pub fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is a child of this process") {
            return Some(status);
        }
        if started.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to a process. The shell's own `kill` is on every machine, the program is not.
pub fn signal(id: u32, name: &str) {
    let script = format!("kill -s {name} {id}");
    let _ = Command::new("sh")
        .args(["-c", &script])
        .stderr(Stdio::null())
        .status();
}

/// Lets every other process go first from here on: this one plays clients of other machines.
pub fn yield_to_others() {
    let id = std::process::id().to_string();
    let _ = Command::new("renice")
        .args(["-n", "10", "-p", &id])
        .output();
}

/// A command that lets every other process go first: it plays a server of another machine.
pub fn yielding(program: &std::path::Path) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "10"]).arg(program);
    command
}

/// A binary of this workspace, built beside the running one.
pub fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the system knows the running program");
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folders = here.ancestors().skip(1).take(2);
    let found = folders
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is not built: cargo build --workspace, or cargo xtask test")
    })
}

/// Processor time that a process and its threads have used.
pub fn cpu_time(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th field
    // after it.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// Resident memory of a process in bytes, now and at its peak.
pub fn memory(id: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kibibytes.unwrap_or(0) * 1_024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// The process that started this one.
pub fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit(')')
        .next()?
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// Whether this process has started one of this name, of which the system keeps 15 letters.
pub fn has_child(id: u32, name: &str) -> bool {
    let is_it = |child: &u32| {
        let comm = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        parent(*child) == Some(id) && comm.trim() == name.get(..15).unwrap_or(name)
    };
    all().any(|child| is_it(&child))
}

/// Processes that run this binary.
pub fn running(binary: &std::path::Path) -> Vec<u32> {
    let runs_it =
        |id: &u32| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == binary);
    all().filter(runs_it).collect()
}

fn all() -> impl Iterator<Item = u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_process_is_gone() {
        let process = Process::start(Command::new("sh").args(["-c", "echo here; exec sleep 60"]));
        assert_eq!(
            process.line(Duration::from_secs(5)).as_deref(),
            Some("here")
        );
        let id = process.id();
        assert!(memory(id).0 > 0);
        drop(process);
        assert_eq!(memory(id).0, 0);
    }

    #[test]
    fn processor_time_of_this_process_grows() {
        let id = std::process::id();
        let before = cpu_time(id);
        let started = Instant::now();
        let mut sum = 0u64;
        while cpu_time(id) < before + Duration::from_millis(30) {
            sum = (0..100_000).fold(sum, |sum, number| sum.wrapping_mul(31).wrapping_add(number));
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "no time passed; {sum}"
            );
        }
    }
}
