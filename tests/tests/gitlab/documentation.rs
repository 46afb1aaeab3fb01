use serde_json::json;

use crate::fixture::{Fixture, golden, set, told};

const PATH: &str = "/v1/search/gitlab-docs";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_nothing_is_found() {
    let gateway = Fixture::start("alpha");
    let (status, answer) = gateway.ask(PATH, &golden("search")).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["response"]["results"], json!([]));
    assert_eq!(answer["metadata"]["provider"], "sqlite");
    assert!(answer["metadata"]["timestamp"].is_i64(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_finds_the_section_that_suits_a_question() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("user")).unwrap();
    let page = "---\ntitle: Protected branches\n---\n# Protected branches\n\nSome branches matter.\n\n\
        ## Protect a branch\n\nGo to Settings, then Repository, and protect the branch.\n";
    std::fs::write(folder.path().join("user/protected.md"), page).unwrap();
    for number in 0..30 {
        let page = format!("# Page {number}\n\nIt is about tea, pot {number}.\n");
        std::fs::write(folder.path().join(format!("tea{number}.md")), page).unwrap();
    }
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        let folder = folder.path().to_str().unwrap();
        set(gatehouse, gitlab, json!({"documentation": folder}));
    });
    // The folder is read beside the start.
    let began = std::time::Instant::now();
    let answer = loop {
        let (status, answer) = gateway.ask(PATH, &golden("search")).await;
        assert_eq!(status, 200, "{answer}");
        if answer["response"]["results"] != json!([]) {
            break answer;
        }
        assert!(began.elapsed() < tests::PATIENCE, "nothing is found");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let first = &answer["response"]["results"][0];
    assert!(first["id"].is_string(), "{answer}");
    assert!(
        first["content"]
            .as_str()
            .unwrap()
            .contains("Go to Settings"),
        "{answer}"
    );
    assert!(
        first["metadata"]["title"]
            .as_str()
            .unwrap()
            .contains("Protect"),
        "{answer}"
    );
    let address = format!("{}/help/user/protected.md", gateway.gitlab.url());
    assert_eq!(first["metadata"]["source_url"], address);

    let mut body = golden("search");
    body["payload"] = json!({"query": "tea \"pot\" AND (NEAR *", "page_size": 20});
    let (status, answer) = gateway.ask(PATH, &body).await;
    assert_eq!(status, 200, "words of a query are no syntax: {answer}");
    assert_eq!(
        answer["response"]["results"].as_array().map(Vec::len),
        Some(20)
    );
    let few = gateway.gitlab.token_for(&["duo_chat"]);
    let (status, answer) = gateway.ask_as(&few, PATH, &body).await;
    assert_eq!(
        (status, told(&answer)),
        (403, "Unauthorized to search documentations")
    );
}
