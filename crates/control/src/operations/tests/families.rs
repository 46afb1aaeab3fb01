use domain::{FamilyRecord, Field};
use serde_json::{Value, json};

use super::{Fixture, draft};
use crate::view::{FamilyDraft, FamilyView, SaveFamily};
use crate::{Error, ErrorCode};

fn copy_of(name: &str, new: &str) -> Value {
    let mut record = json!(FamilyRecord::built_in(name).unwrap());
    record["name"] = json!(new);
    record["based_on"] = json!(name);
    record
}

impl Fixture {
    async fn save(&self, record: Value, is_new: bool) -> Result<Vec<FamilyView>, Error> {
        let record = FamilyDraft(record);
        self.control
            .save_family(SaveFamily { record, is_new })
            .await
    }

    async fn family(&self, name: &str) -> Option<FamilyView> {
        let families = self.control.list_families(()).await.unwrap();
        families
            .into_iter()
            .find(|family| family.record.name.as_str() == name)
    }
}

#[tokio::test]
async fn a_copied_family_is_used_kept_and_removed_once_nobody_has_it() {
    let fixture = Fixture::open().await;
    let mut record = copy_of("codestral", "ours");
    record["context"] = json!(4_000);
    fixture.save(record.clone(), true).await.unwrap();
    let model = fixture
        .control
        .save_model(domain::ModelDraft {
            family: "ours".into(),
            ..draft("m", "http://127.0.0.1:9/v1")
        })
        .await
        .unwrap();
    let refusal = fixture.save(record.clone(), true).await.unwrap_err();
    assert!(refusal.message.contains("exists already"), "{refusal}");
    assert_eq!(refusal.field, Some(Field::Name));
    record["title"] = json!("Ours");
    fixture.save(record, false).await.unwrap();

    let fixture = fixture.reopen().await;
    let family = fixture.family("ours").await.unwrap();
    assert!(family.is_own);
    assert_eq!(
        (family.record.context, family.models.as_slice()),
        (4_000, &["m".to_owned()][..])
    );
    let models = fixture.control.list_models(()).await.unwrap();
    assert_eq!(models[0].family_title, "Ours");
    let name = family.record.name;
    let refusal = fixture
        .control
        .remove_family(name.clone())
        .await
        .unwrap_err();
    assert!(refusal.message.contains('m'), "{refusal}");
    fixture.control.remove_model(model.id).await.unwrap();
    fixture.control.remove_family(name).await.unwrap();
    assert!(fixture.family("ours").await.is_none());
}

#[tokio::test]
async fn a_built_in_family_stays_as_it_is() {
    let fixture = Fixture::open().await;
    let before = fixture.family("codestral").await.unwrap();
    assert!(!before.is_own && before.prompt_example.is_some());
    let mut record = copy_of("codestral", "codestral");
    record["context"] = json!(4_000);
    for is_new in [true, false] {
        assert!(fixture.save(record.clone(), is_new).await.is_err());
    }
    let name = before.record.name.clone();
    let refusal = fixture.control.remove_family(name).await.unwrap_err();
    assert!(refusal.message.contains("built in"), "{refusal}");
    assert_eq!(fixture.family("codestral").await.unwrap(), before);
}

#[tokio::test]
async fn an_editor_sees_the_prompt_or_what_is_wrong() {
    let fixture = Fixture::open().await;
    let mut record = copy_of("codestral", "ours");
    record["fim"]["template"] = json!("A{suffix}B{prefix}C");
    record["fim"]["tokens"] = json!(["A", "B"]);
    let preview = |record: Value| fixture.control.preview_family(FamilyDraft(record));
    let seen = preview(record.clone()).await.unwrap();
    let prompt = seen.prompt.unwrap();
    assert!(
        prompt.starts_with('A') && prompt.ends_with("return C"),
        "{prompt}"
    );
    assert_eq!(seen.problem, None);
    let broken: [(&str, Value, &str, Field); 7] = [
        ("/name", json!("Not a name!"), "name", Field::Name),
        (
            "/fim/template",
            json!("{suffix}"),
            "{prefix}",
            Field::Template,
        ),
        ("/fim/tokens", json!(["Z"]), "\"Z\"", Field::Tokens),
        ("/context", json!("many"), "cannot be read", Field::Context),
        ("/title", json!(""), "title", Field::Title),
        ("/routes", json!(["by_pigeon"]), "by_pigeon", Field::Routes),
        ("/variants/0/title", json!(""), "title", Field::Variants),
    ];
    for (place, value, word, field) in broken {
        let mut record = record.clone();
        *record.pointer_mut(place).unwrap() = value;
        let seen = preview(record).await.unwrap();
        let problem = seen.problem.unwrap();
        assert_eq!((seen.prompt, problem.code), (None, ErrorCode::Invalid));
        assert!(problem.message.contains(word), "{place}: {problem}");
        assert_eq!(problem.field, Some(field), "{place}: {problem}");
    }
    assert!(preview(json!(7)).await.unwrap().problem.is_some());
}
