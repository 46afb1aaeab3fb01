use std::fs;
use std::sync::Arc;

use domain::{Feature, ModelDraft, ModelId, RedactionDraft, RedactionRuleDraft, Route, SavedView};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::view::{ChangeView, RouteChange, StartRecording};
use crate::{Control, HolderKind, Purpose};

mod files;

struct Fixture {
    control: Arc<Control>,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self::over(TempDir::new().unwrap())
    }

    fn over(folder: TempDir) -> Self {
        let control = Control::open(folder.path(), Purpose::Run(HolderKind::Serve)).unwrap();
        let control = Arc::new(control);
        Self { control, folder }
    }

    async fn add(&self, name: &str) -> ModelId {
        let draft = draft(None, name, "http://one.example/v1");
        self.control.save_model(draft).await.unwrap().id
    }

    async fn move_to(&self, id: ModelId, name: &str, endpoint: &str) {
        let draft = draft(Some(id), name, endpoint);
        self.control.save_model(draft).await.unwrap();
    }

    async fn page(&self, search: &str) -> ChangePage {
        let query = ChangeQuery {
            search: search.into(),
            ..ChangeQuery::default()
        };
        self.control.list_changes(query).await.unwrap()
    }

    async fn newest(&self) -> ChangeView {
        self.page("").await.rows.remove(0)
    }

    fn endpoint(&self, id: ModelId) -> String {
        let settings = self.control.settings.load();
        settings.model(id).unwrap().endpoint.to_string()
    }

    fn file(&self) -> Vec<u8> {
        fs::read(AUDIT.path(self.folder.path())).unwrap()
    }
}

fn draft(id: Option<ModelId>, name: &str, endpoint: &str) -> ModelDraft {
    ModelDraft {
        id,
        name: name.into(),
        family: "general".into(),
        endpoint: endpoint.into(),
        identifier: "m".into(),
        provider: domain::Provider::default(),
        connection: domain::Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    }
}

fn route(feature: Feature, model: ModelId) -> RouteChange {
    RouteChange {
        feature,
        route: Some(Route::Model {
            model,
            fallback: None,
        }),
        reason_shown: false,
    }
}

#[tokio::test]
async fn a_change_is_kept_with_what_was_there_before() {
    let fixture = Fixture::new();
    let id = fixture.add("gpu-3").await;
    assert_eq!(fixture.newest().await.sentence, "Added the model gpu-3");
    fixture.move_to(id, "gpu-3", "http://two.example/v1").await;
    let change = fixture.newest().await;
    assert_eq!(change.sentence, "Changed the endpoint of gpu-3");
    let [setting] = &change.settings[..] else {
        panic!("{:?}", change.settings);
    };
    assert_eq!(setting.path, "models › gpu-3 › endpoint");
    assert_eq!(setting.pointer, format!("/models/{id}/endpoint"));
    let values = (setting.before.as_deref(), setting.after.as_deref());
    assert_eq!(
        values,
        (Some("http://one.example/v1"), Some("http://two.example/v1"))
    );
    // What changes nothing is no change.
    fixture.move_to(id, "gpu-3", "http://two.example/v1").await;
    assert_eq!(fixture.newest().await.id, change.id);
    let found = fixture.page("TWO.example endpoint").await;
    assert_eq!((found.matching, found.total, found.rows.len()), (1, 2, 1));
}

#[tokio::test]
async fn every_kind_of_setting_has_its_sentence() {
    let fixture = Fixture::new();
    let control = &fixture.control;
    let id = fixture.add("gpu-3").await;
    let routes = vec![route(Feature::DuoChat, id)];
    control.set_routes(routes).await.unwrap();
    assert_eq!(fixture.newest().await.sentence, "Routed Chat to gpu-3");
    assert_eq!(
        fixture.newest().await.settings[0].after.as_deref(),
        Some("gpu-3")
    );
    let rule = RedactionRuleDraft {
        name: "badge".into(),
        pattern: r"B-\d{6}".into(),
    };
    let rules = RedactionDraft {
        off: Vec::new(),
        own: vec![rule],
    };
    control.save_redaction(rules).await.unwrap();
    assert_eq!(
        fixture.newest().await.sentence,
        "Added the redaction rule badge"
    );
    let mut log = control.log_settings(()).await.unwrap();
    log.keep_days = 7;
    control.save_log_settings(log).await.unwrap();
    let change = fixture.newest().await;
    assert_eq!(change.sentence, "Changed how long requests are kept");
    assert_eq!(
        change.settings[0].before.as_deref(),
        Some("30"),
        "what was never set has a value"
    );
    assert_eq!(change.settings.len(), 1);
    let input = StartRecording {
        for_seconds: None,
        features: Vec::new(),
    };
    control.start_recording(input).await.unwrap();
    assert_eq!(fixture.newest().await.sentence, "Started a recording");
    control.create_client_key("laptop".into()).await.unwrap();
    assert_eq!(
        fixture.newest().await.sentence,
        "Created the client key laptop"
    );
    let view = SavedView {
        name: "slow".into(),
        query: "duration:>2s".into(),
    };
    control.save_view(view).await.unwrap();
    assert_eq!(fixture.newest().await.sentence, "Saved the view slow");
    control.remove_model(id).await.unwrap();
    let expected = "Removed the model gpu-3; took the route of Chat away";
    assert_eq!(fixture.newest().await.sentence, expected);
}

#[tokio::test]
async fn a_change_is_in_the_name_of_who_asked_for_it() {
    let fixture = Fixture::new();
    let switch = |on: bool| json!(on);
    for (who, on) in [
        (Who::Window, true),
        (Who::Browser, false),
        (Who::Command, true),
    ] {
        let done = fixture
            .control
            .call(who, "allow_gitlab_recording", switch(on));
        done.await.unwrap();
        let change = fixture.newest().await;
        assert_eq!(
            (change.who, &*change.operation),
            (who, "allow_gitlab_recording")
        );
    }
    fixture.control.allow_gitlab_recording(false).await.unwrap();
    assert_eq!(fixture.newest().await.who, Who::Itself);
}

#[tokio::test]
async fn an_undo_puts_the_old_value_back_and_can_be_undone() {
    let fixture = Fixture::new();
    let id = fixture.add("gpu-3").await;
    fixture.move_to(id, "gpu-3", "http://two.example/v1").await;
    let change = fixture.newest().await;
    assert!(change.undo.possible);
    let undo = fixture.control.undo_change(change.id).await.unwrap();
    assert_eq!(fixture.endpoint(id), "http://one.example/v1");
    assert_eq!(undo.undoes, Some(change.id));
    assert!(
        undo.sentence.ends_with("Changed the endpoint of gpu-3"),
        "{}",
        undo.sentence
    );
    let row = fixture.control.audit.row(change.id).unwrap();
    assert_eq!(row.undone_by, Some(undo.id));
    assert!(
        fixture.control.undo_change(change.id).await.is_err(),
        "only once"
    );
    fixture.control.undo_change(undo.id).await.unwrap();
    assert_eq!(fixture.endpoint(id), "http://two.example/v1");
    fixture.control.undo_change(change.id).await.unwrap();
    assert_eq!(
        fixture.endpoint(id),
        "http://one.example/v1",
        "it held again"
    );
}

#[tokio::test]
async fn an_undo_is_refused_when_the_setting_has_changed_since() {
    let fixture = Fixture::new();
    let id = fixture.add("gpu-3").await;
    fixture.move_to(id, "gpu-3", "http://two.example/v1").await;
    let change = fixture.newest().await.id;
    fixture
        .move_to(id, "gpu-4", "http://three.example/v1")
        .await;
    let error = fixture.control.undo_change(change).await.unwrap_err();
    assert!(
        error.message.contains("models › gpu-3 › endpoint"),
        "{}",
        error.message
    );
    assert_eq!(fixture.endpoint(id), "http://three.example/v1");
    let rows = fixture.page("").await.rows;
    let shown = rows.iter().find(|row| row.id == change).unwrap();
    assert!(!shown.undo.possible && shown.undo.sentence.contains("endpoint"));
}

#[tokio::test]
async fn what_was_removed_comes_back_where_it_was() {
    let fixture = Fixture::new();
    let id = fixture.add("first").await;
    fixture.add("second").await;
    let routes = vec![route(Feature::DuoChat, id)];
    fixture.control.set_routes(routes).await.unwrap();
    let before = fixture.control.settings.load_full();
    fixture.control.remove_model(id).await.unwrap();
    let change = fixture.newest().await;
    fixture.control.undo_change(change.id).await.unwrap();
    assert_eq!(*fixture.control.settings.load_full(), *before);
}

#[tokio::test]
async fn an_undo_is_validated_like_any_other_change() {
    let fixture = Fixture::new();
    let id = fixture.add("gpu-3").await;
    fixture.move_to(id, "gpu-4", "http://one.example/v1").await;
    let rename = fixture.newest().await;
    fixture.add("gpu-3").await;
    let error = fixture.control.undo_change(rename.id).await.unwrap_err();
    assert!(
        error.message.contains("exists already"),
        "{}",
        error.message
    );
    assert_eq!(fixture.newest().await.sentence, "Added the model gpu-3");
}

#[tokio::test]
async fn no_key_no_digest_and_nothing_redacted_is_in_the_file() {
    let fixture = Fixture::new();
    let made = fixture
        .control
        .create_client_key("laptop".into())
        .await
        .unwrap();
    let settings = fixture.control.settings.load_full();
    let digest = settings.client_keys[0].digest.as_str().to_owned();
    fixture
        .control
        .revoke_client_key(made.view.id)
        .await
        .unwrap();
    let revoked = fixture.newest().await;
    assert!(!revoked.undo.possible && revoked.undo.sentence.contains("Create a new one"));
    let view = SavedView {
        name: "leak".into(),
        query: "\"glpat-Zx9Yw8Vu7Ts6Rq5Po4Nm\"".into(),
    };
    fixture.control.save_view(view).await.unwrap();
    let redacted = fixture.newest().await;
    assert!(
        !redacted.undo.possible,
        "what was replaced cannot be put back"
    );
    let file = String::from_utf8_lossy(&fixture.file()).into_owned();
    for secret in [made.key.as_str(), &digest, "Zx9Yw8Vu7Ts6Rq5Po4Nm"] {
        assert!(
            !file.to_lowercase().contains(&secret.to_lowercase()),
            "{secret}"
        );
    }
    assert!(file.contains("[REDACTED]"));
}

#[tokio::test]
async fn the_coming_and_going_of_a_models_key_is_kept_without_it() {
    let fixture = Fixture::new();
    let id = fixture.add("gpu-3").await;
    let without = fixture.control.settings.load_full();
    let mut with = Settings::clone(&without);
    with.model_mut(id).unwrap().has_key = true;
    let replaced = Note {
        replaced_key: Some(id),
        ..Note::default()
    };
    let none = Note::default();
    for (before, after, note, sentence) in [
        (&*without, &with, &none, "Stored the key of gpu-3"),
        (&with, &with, &replaced, "Replaced the key of gpu-3"),
        (&with, &*without, &none, "Removed the key of gpu-3"),
    ] {
        let (said, changes) = describe(before, after, note).unwrap();
        assert_eq!(said, sentence);
        assert_eq!(changes[0].lost, Some(Lost::Secret));
    }
    let mut gone = with.clone();
    gone.remove_model(id).unwrap();
    let by = (Who::Command, "remove_model");
    fixture
        .control
        .audit
        .keep((&with, &gone), &none, by, Timestamp::now());
    let row = fixture
        .control
        .audit
        .row(fixture.newest().await.id)
        .unwrap();
    let back = row.undone(&gone, Timestamp::now()).unwrap();
    assert_eq!(back, *without, "it comes back without its key");
}
