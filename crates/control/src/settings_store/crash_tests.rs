//! A process that saves in a loop is killed at a random instant, many times.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

/// The data folder for the process that is killed.
const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
/// How it writes: `atomic` as the headless program does, `in_place` as the window's store does.
const WAY: &str = "GATEHOUSE_TEST_WAY";

/// Writes as the store of the window does: truncate, then write, in pieces.
pub(super) struct InPlace(pub PathBuf);

impl SettingsStore for InPlace {
    fn read(&self) -> Result<Option<Value>, Error> {
        FileStore {
            path: self.0.clone(),
        }
        .read()
    }

    fn write(&self, document: &Value) -> Result<(), Error> {
        use std::io::Write;
        let mut file = File::create(&self.0).unwrap();
        for piece in bytes_of(document).chunks(16) {
            file.write_all(piece).unwrap();
        }
        Ok(())
    }
}

#[test]
#[ignore = "runs inside a_kill_at_any_instant_leaves_the_old_document_or_the_new_one"]
fn saves_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        return;
    };
    let store: Box<dyn SettingsStore> = match std::env::var(WAY).as_deref() {
        Ok("in_place") => Box::new(InPlace(document_path(&folder))),
        _ => Box::new(FileStore::new(&folder)),
    };
    let Loaded {
        mut settings,
        others,
        ..
    } = load(&*store, &folder, Timestamp::now());
    loop {
        settings.gateway.max_body_bytes += 1;
        save(&*store, &folder, &settings, &others, Timestamp::now()).unwrap();
        println!("saved {}", settings.gateway.max_body_bytes);
    }
}

#[test]
fn a_kill_at_any_instant_leaves_the_old_document_or_the_new_one() {
    for way in ["atomic", "in_place"] {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let mut repaired = 0;
        for round in 0..25_u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "settings_store::crash_tests::saves_until_it_is_killed",
                ])
                .args(["--ignored", "--nocapture"])
                .env(FOLDER, folder.path())
                .env(WAY, way)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let output = BufReader::new(child.stdout.take().unwrap());
            let mut lines = output
                .lines()
                .map_while(Result::ok)
                .filter(|line| line.contains("saved "));
            let first = lines.next().expect("the child saves");
            // Spread over several saves, without a source of randomness.
            std::thread::sleep(Duration::from_micros(round * 7_919 % 20_000));
            child.kill().unwrap();
            child.wait().unwrap();
            let last = lines.last().unwrap_or(first);
            let told: u32 = last.rsplit(' ').next().unwrap().parse().unwrap();
            let loaded = load(&store, folder.path(), Timestamp::now());
            let found = loaded.settings.gateway.max_body_bytes;
            assert!(
                found == told || found == told + 1,
                "{way}: told {told}, found {found}"
            );
            assert_eq!(loaded.access, Access::ReadWrite);
            repaired += loaded.notices.len();
        }
        println!("{way}: repaired {repaired} of 25");
        assert!(
            way == "in_place" || repaired == 0,
            "an atomic store needs no repair"
        );
    }
}
