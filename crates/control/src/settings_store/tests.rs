use domain::ModelId;
use serde_json::json;

use super::*;

/// A data folder, its store and a fixed time.
struct Fixture {
    folder: tempfile::TempDir,
    store: FileStore,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        Self { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Loaded {
        load(&self.store, self.folder.path(), now())
    }

    /// Saves settings that differ in one number.
    fn save(&self, max_in_flight: u32) {
        save(
            &self.store,
            self.folder.path(),
            &settings(max_in_flight),
            &Map::new(),
            now(),
        )
        .unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The files whose name has this text.
    fn files(&self, text: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.to_string_lossy().contains(text))
            .collect()
    }
}

fn now() -> Timestamp {
    "2026-11-03T10:11:12Z".parse().unwrap()
}

fn settings(max_in_flight: u32) -> Settings {
    let mut settings = Settings::default();
    settings.gateway.max_in_flight = max_in_flight;
    settings
}

#[test]
fn what_is_saved_is_loaded() {
    let fixture = Fixture::new();
    assert_eq!(fixture.load().settings, Settings::default());
    fixture.save(7);
    let loaded = fixture.load();
    assert_eq!(
        (loaded.settings, loaded.access, loaded.notices),
        (settings(7), Access::ReadWrite, vec![])
    );
}

#[test]
fn unknown_keys_survive_a_load_and_a_save() {
    let fixture = Fixture::new();
    let id = ModelId(uuid::Uuid::from_u128(7));
    let document = json!({
        "$comment": "mine", "schema_version": 1, "plugin": {"x": [1]},
        "settings": {
            "models": [{"id": id, "name": "a", "family": "mistral", "endpoint": "sample",
                        "provider": "openai_compatible", "connection": {
                            "auth": {"kind": "key"}, "server": null, "api_version": null,
                            "region": null, "max_concurrent": null, "context": null, "refuses": []},
                        "enabled": true, "has_key": false, "hue": 3, "new_in_2": {"deep": 1}}],
            "routes": {}, "client_keys": [], "telemetry": null,
        }
    });
    fixture.write(DOCUMENT, &document.to_string());
    let Loaded {
        settings, others, ..
    } = fixture.load();
    save(
        &fixture.store,
        fixture.folder.path(),
        &settings,
        &others,
        now(),
    )
    .unwrap();
    let written: Value =
        serde_json::from_slice(&fs::read(fixture.path(DOCUMENT)).unwrap()).unwrap();
    assert_eq!(written["$comment"], "mine");
    assert_eq!(written["plugin"], document["plugin"]);
    assert_eq!(written["settings"]["telemetry"], Value::Null);
    assert_eq!(
        written["settings"]["models"],
        document["settings"]["models"]
    );
}

#[test]
fn a_damaged_file_is_set_aside_and_the_copy_restored() {
    for damage in [
        "",
        "{\"schema_version\": 1, \"sett",
        "[]",
        "\0\0\0\0",
        "{\"schema_version\":1,\"settings\":{\"models\":4}}",
    ] {
        let fixture = Fixture::new();
        fixture.save(7);
        fixture.write(DOCUMENT, damage);
        let loaded = fixture.load();
        assert_eq!(loaded.settings, settings(7), "{damage:?}");
        assert_eq!(loaded.access, Access::ReadWrite);
        let aside = fixture.files("settings.damaged-20261103T101112Z");
        assert_eq!(
            fs::read_to_string(&aside[0]).unwrap(),
            damage,
            "the evidence is kept"
        );
        let notice = &loaded.notices[0];
        assert!(
            notice.why.contains(&aside[0].display().to_string()),
            "{notice:?}"
        );
        assert_eq!(fixture.load().notices, [], "it is told once");
    }
}

#[test]
fn two_damaged_files_of_one_second_are_both_kept() {
    let fixture = Fixture::new();
    fixture.save(7);
    for damage in ["one", "two"] {
        fixture.write(DOCUMENT, damage);
        fixture.load();
    }
    assert_eq!(fixture.files("damaged").len(), 2);
}

#[test]
fn a_damaged_copy_gives_way_to_a_dated_one() {
    let fixture = Fixture::new();
    fixture.save(7);
    fixture.write(DOCUMENT, "{");
    fixture.write(BACKUP, "{");
    assert_eq!(fixture.load().settings, settings(7));
}

#[test]
fn damage_without_a_copy_leaves_the_defaults_and_the_evidence() {
    let fixture = Fixture::new();
    fixture.write(DOCUMENT, "not json");
    let loaded = fixture.load();
    assert_eq!(
        (loaded.settings, loaded.access),
        (Settings::default(), Access::ReadWrite)
    );
    assert!(
        loaded.notices[0].what.contains("defaults"),
        "{:?}",
        loaded.notices
    );
    assert_eq!(fixture.files("damaged").len(), 1);
}

#[test]
fn a_missing_file_is_restored_from_the_copy() {
    let fixture = Fixture::new();
    fixture.save(7);
    fs::remove_file(fixture.path(DOCUMENT)).unwrap();
    let loaded = fixture.load();
    assert_eq!(loaded.settings, settings(7));
    assert!(loaded.notices[0].what.contains("missing"));
    assert!(fixture.path(DOCUMENT).exists());
}

#[test]
fn a_newer_settings_file_is_left_alone() {
    let fixture = Fixture::new();
    fixture.save(7);
    let newer = "{\"schema_version\": 99, \"settings\": {\"models\": 4}}";
    fixture.write(DOCUMENT, newer);
    let loaded = fixture.load();
    let Access::ReadOnly(error) = loaded.access else {
        panic!("it can be changed")
    };
    assert!(error.message.contains("99"), "{error:?}");
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(fs::read_to_string(fixture.path(DOCUMENT)).unwrap(), newer);
    assert!(fixture.files("damaged").is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let fixture = Fixture::new();
    // A folder in its place cannot be read, whoever the test runs as.
    fs::create_dir(fixture.path(DOCUMENT)).unwrap();
    let loaded = fixture.load();
    let Access::ReadOnly(error) = loaded.access else {
        panic!("it can be changed")
    };
    assert!(error.message.contains("settings.json"), "{error:?}");
    assert!(!error.hint.is_empty());
}

#[test]
fn a_store_that_reads_nothing_from_a_good_file_may_not_write() {
    struct Blind;
    impl SettingsStore for Blind {
        fn read(&self) -> Result<Option<Value>, Error> {
            Ok(None)
        }
        fn write(&self, _: &Value) -> Result<(), Error> {
            unreachable!("nobody writes in this test")
        }
    }
    let fixture = Fixture::new();
    fixture.save(7);
    assert!(matches!(
        load(&Blind, fixture.folder.path(), now()).access,
        Access::ReadOnly(_)
    ));
}

#[test]
fn a_save_that_did_not_reach_the_file_is_an_error() {
    struct Torn(FileStore);
    impl SettingsStore for Torn {
        fn read(&self) -> Result<Option<Value>, Error> {
            self.0.read()
        }
        fn write(&self, document: &Value) -> Result<(), Error> {
            fs::write(&self.0.path, &bytes_of(document)[..40]).unwrap();
            Ok(())
        }
    }
    let fixture = Fixture::new();
    fixture.save(7);
    let torn = Torn(fixture.store.clone());
    let saved = save(
        &torn,
        fixture.folder.path(),
        &settings(8),
        &Map::new(),
        now(),
    );
    assert!(saved.unwrap_err().message.contains("not written in full"));
    assert_eq!(
        fixture.load().settings,
        settings(7),
        "the copy is still the good one"
    );
}

#[test]
fn ten_dated_copies_are_kept_one_a_day() {
    let fixture = Fixture::new();
    for hours in (0..24 * 13).step_by(12) {
        let then = now() + jiff::SignedDuration::from_hours(hours);
        save(
            &fixture.store,
            fixture.folder.path(),
            &settings(7),
            &Map::new(),
            then,
        )
        .unwrap();
    }
    let copies = recover::dated_copies(fixture.folder.path());
    assert_eq!(copies.len(), DATED_KEPT);
    assert!(
        copies[0].ends_with("settings-2026-11-15.json"),
        "{copies:?}"
    );
}

#[test]
fn a_look_changes_nothing() {
    let fixture = Fixture::new();
    fixture.save(7);
    fixture.write(DOCUMENT, "{\"schema_ver");
    assert_eq!(
        peek(fixture.folder.path()).settings,
        settings(7),
        "the copy is read"
    );
    assert_eq!(
        fs::read_to_string(fixture.path(DOCUMENT)).unwrap(),
        "{\"schema_ver"
    );
    assert!(fixture.files("damaged").is_empty());
}

#[cfg(unix)]
#[test]
fn the_files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    // A store that writes in place keeps the rights that it finds.
    let in_place = super::crash_tests::InPlace(fixture.path(DOCUMENT));
    fixture.write(DOCUMENT, "");
    let folder = fixture.folder.path();
    save(&in_place, folder, &settings(7), &Map::new(), now()).unwrap();
    for name in [DOCUMENT, BACKUP, "backups/settings-2026-11-03.json"] {
        let mode = fs::metadata(fixture.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
