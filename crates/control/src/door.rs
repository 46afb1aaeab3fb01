//! How a command reaches the process that holds a data folder: a local socket, one JSON line for a
//! call and one for its answer, carried out by the same dispatcher as the panel's. Who may read the
//! folder's private files may call; keys travel over it and are written nowhere.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::tokio::{Listener as _, Stream as _};
use interprocess::local_socket::{GenericFilePath, ListenerOptions, Name, ToFsName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::files::{make_private, write_atomically};
use crate::view::Who;
use crate::{Control, Error, ErrorCode};

/// The file that says where the socket is. It is private, and so is the token in it.
const FILE: &str = "gatehouse.door";

/// The socket inside the data folder.
const SOCKET: &str = "gatehouse.sock";

/// The longest path of a socket that every system takes (104 bytes with the zero on macOS).
const LONGEST_PATH: usize = 100;

/// The largest call or answer, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// How long a call may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// How long its answer may take: a person may be asked to unlock the keyring.
const ANSWERED_WITHIN: Duration = Duration::from_secs(150);

/// Calls at once; the next waits for its connection.
const CALLS_MOST: usize = 8;

/// Where the holder of a data folder takes calls.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Door {
    /// The path of the socket, or the name of the pipe.
    socket: String,
    /// What a caller shows.
    token: String,
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Door({})", self.socket)
    }
}

#[derive(Serialize, Deserialize)]
struct Call {
    token: String,
    operation: String,
    arguments: Value,
}

impl Control {
    /// Carries out what commands ask, as long as this process holds the folder. Never ends by
    /// itself.
    pub async fn answer_commands(self: &Arc<Self>) {
        if self.holds_folder()
            && let Err(error) = self.keep_door().await
        {
            tracing::warn!(%error, "commands cannot reach this process");
        }
        std::future::pending().await
    }

    async fn keep_door(self: &Arc<Self>) -> io::Result<()> {
        let door = Door::new(self.folder())?;
        let path = PathBuf::from(&door.socket);
        // Its holder is dead: the folder is ours.
        #[cfg(unix)]
        let _ = std::fs::remove_file(&path);
        let listener = ListenerOptions::new().name(door.name()?).create_tokio()?;
        #[cfg(unix)]
        make_private(&path)?;
        let _file = DoorFile::write(self.folder(), &door)?;
        let token = Sha256::digest(&door.token);
        let mut calls = JoinSet::new();
        loop {
            let stream = listener.accept().await?;
            while calls.len() >= CALLS_MOST {
                calls.join_next().await;
            }
            let control = Arc::clone(self);
            calls.spawn(async move {
                // A caller that is gone needs no answer.
                let _ = answer(&control, stream, &token).await;
            });
            while calls.try_join_next().is_some() {}
        }
    }
}

/// Reads one call, carries it out and answers.
async fn answer(control: &Control, stream: Stream, token: &[u8]) -> io::Result<()> {
    let mut line = String::new();
    let mut reader = BufReader::new((&stream).take(LARGEST));
    timeout(ARRIVES_WITHIN, reader.read_line(&mut line)).await??;
    let outcome = match serde_json::from_str::<Call>(&line) {
        Ok(call) if *Sha256::digest(&call.token) == *token => {
            control
                .call(Who::Command, &call.operation, call.arguments)
                .await
        }
        _ => Err(Error::new(
            ErrorCode::Invalid,
            "the call cannot be read",
            "Use the gatehouse command of the same version.",
        )),
    };
    let mut bytes = serde_json::to_vec(&outcome)?;
    bytes.push(b'\n');
    (&stream).write_all(&bytes).await?;
    (&stream).flush().await
}

impl Door {
    fn new(folder: &Path) -> io::Result<Self> {
        let token = random()?;
        let inside = std::path::absolute(folder)?.join(SOCKET);
        let socket = if cfg!(windows) {
            format!(r"\\.\pipe\gatehouse-{}", &token[..16])
        } else if inside.as_os_str().len() <= LONGEST_PATH {
            inside.to_string_lossy().into_owned()
        } else {
            let name = format!("gatehouse-{}.sock", &token[..16]);
            std::env::temp_dir().join(name).display().to_string()
        };
        let token = random()?;
        Ok(Self { socket, token })
    }

    /// The door of this folder's holder, if it has one.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
    }

    fn name(&self) -> io::Result<Name<'_>> {
        self.socket.as_str().to_fs_name::<GenericFilePath>()
    }

    /// Has an operation carried out by the holder. None when nobody is behind the door.
    pub(crate) async fn call(
        &self,
        operation: &str,
        arguments: Value,
    ) -> Option<Result<Value, Error>> {
        let stream = Stream::connect(self.name().ok()?).await.ok()?;
        let asked = timeout(ANSWERED_WITHIN, self.ask(&stream, operation, arguments)).await;
        Some(match asked {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(broke_off(&error.to_string())),
            Err(_) => Err(broke_off("it did not answer in time")),
        })
    }

    async fn ask(
        &self,
        stream: &Stream,
        operation: &str,
        arguments: Value,
    ) -> io::Result<Result<Value, Error>> {
        let call = Call {
            token: self.token.clone(),
            operation: operation.to_owned(),
            arguments,
        };
        let mut bytes = serde_json::to_vec(&call)?;
        bytes.push(b'\n');
        let mut stream = stream;
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        let mut line = String::new();
        BufReader::new(stream.take(LARGEST))
            .read_line(&mut line)
            .await?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// The file that says where the door is, as long as there is one.
struct DoorFile(PathBuf);

impl DoorFile {
    fn write(folder: &Path, door: &Door) -> io::Result<Self> {
        let path = folder.join(FILE);
        // A new file of this kind is private.
        write_atomically(&path, &serde_json::to_vec(door)?)?;
        Ok(Self(path))
    }
}

impl Drop for DoorFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn broke_off(details: &str) -> Error {
    let message = "the Gatehouse that holds these settings broke off";
    let hint = "Look whether the change was made, and try again.";
    Error::new(ErrorCode::Failed, message, hint).with_details(details)
}

/// 64 hexadecimal digits from the operating system.
fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
