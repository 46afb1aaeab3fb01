use domain::Field;

use super::*;
use crate::view::{CopyPrompt, GitlabDraft, PromptKey, SavePrompt};

#[tokio::test]
async fn a_setting_of_gitlab_is_refused_at_its_field() {
    let fixture = Fixture::open().await;
    let draft = |url: &str, portal: &str, folder: &str| GitlabDraft {
        url: url.to_owned(),
        customers_portal: portal.to_owned(),
        documentation: folder.to_owned(),
        ..GitlabDraft::default()
    };
    for (draft, field, word) in [
        (draft("gitlab", "", ""), Field::Url, "The GitLab URL"),
        (
            draft("", "ftp://x", ""),
            Field::CustomersPortal,
            "The customers portal",
        ),
        (draft("", "", "docs"), Field::Documentation, "folder"),
    ] {
        let refusal = fixture.control.save_gitlab_settings(draft).await;
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.field, Some(field));
        assert!(refusal.message.contains(word), "{}", refusal.message);
    }
    let view = fixture.control.gitlab(()).await.unwrap();
    assert_eq!(
        GitlabDraft::from(&view.settings),
        GitlabDraft::default(),
        "nothing was kept"
    );
}

#[tokio::test]
async fn what_the_environment_holds_is_never_saved() {
    let fixture = Fixture::open().await;
    let set = |name: &str| (name == "AIGW_AUTH__BYPASS_EXTERNAL").then(|| "true".to_owned());
    fixture.control.use_environment(set).unwrap();
    let view = fixture.control.gitlab(()).await.unwrap();
    assert!(view.settings.open_on_loopback);
    assert!(fixture.control.status(()).await.unwrap().open_on_loopback);
    let draft = GitlabDraft {
        accept_named_models: true,
        ..GitlabDraft::from(&view.settings)
    };
    fixture.control.save_gitlab_settings(draft).await.unwrap();
    let fixture = fixture.reopen().await;
    let saved = fixture.control.gitlab(()).await.unwrap().settings;
    assert!(saved.accept_named_models && !saved.open_on_loopback);
}

#[tokio::test]
async fn a_prompt_is_refused_at_its_field_with_the_line() {
    let fixture = Fixture::open().await;
    let key = |family: &str| PromptKey {
        id: "chat/explain_code".to_owned(),
        family: family.to_owned(),
    };
    let copy = CopyPrompt {
        from: key("base"),
        family: "gemma".to_owned(),
    };
    let copied = fixture.control.copy_prompt(copy).await.unwrap();
    assert_eq!(copied.texts, copied.original);
    let save = |change: &dyn Fn(&mut crate::view::PromptTexts)| {
        let mut texts = copied.texts.clone();
        change(&mut texts);
        let key = key("gemma");
        fixture.control.save_prompt(SavePrompt { key, texts })
    };
    let system = save(&|texts| texts.system = "one\n{{ nothing }}".into()).await;
    let system = system.unwrap_err();
    assert_eq!(system.field, Some(Field::System));
    assert!(system.message.contains("line 2"), "{}", system.message);
    let user = save(&|texts| texts.user = "hello".into()).await;
    assert_eq!(user.unwrap_err().field, Some(Field::User));
    let heat = save(&|texts| texts.temperature = 3.0).await;
    assert_eq!(heat.unwrap_err().field, Some(Field::Temperature));
    let length = save(&|texts| texts.max_tokens = 0).await;
    assert_eq!(length.unwrap_err().field, Some(Field::MaxTokens));
}
