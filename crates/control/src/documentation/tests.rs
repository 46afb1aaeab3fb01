use std::sync::mpsc::channel;

use gateway::Documentation as _;

use super::*;

fn searched(pages: &[(&str, &str)]) -> (tempfile::TempDir, Documentation) {
    let folder = tempfile::tempdir().unwrap();
    let docs = folder.path().join("docs");
    std::fs::create_dir(&docs).unwrap();
    for (name, text) in pages {
        let path = docs.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let documentation = Documentation::new(&folder.path().join("data"));
    let (done, read) = channel();
    documentation.use_folder(docs.to_str(), None, move || done.send(()).unwrap());
    read.recv().unwrap();
    (folder, documentation)
}

#[test]
fn the_section_that_suits_a_question_comes_first() {
    let (_folder, documentation) = searched(&[
        (
            "ci/runners.md",
            "# Runners\n\n## Register a runner\n\nUse a token.\n",
        ),
        (
            "user/issues.md",
            "# Issues\n\nA runner is mentioned here.\n",
        ),
        ("notes.txt", "runners runners runners"),
    ]);
    let found = documentation.search("How do I register runners? OR \"NEAR( *", 4);
    assert_eq!(found[0].id, "ci/runners.md");
    assert_eq!(found[0].title, "Runners – Register a runner");
    assert_eq!(found.len(), 2, "the text file is no page");
    assert_eq!(documentation.search("runners", 1).len(), 1);
    assert!(documentation.search(" \"*^ ", 4).is_empty());
    let ready = DocumentationState::Ready {
        pages: 2,
        sections: 2,
    };
    assert_eq!(documentation.state(), ready);
}

#[test]
fn a_folder_that_cannot_be_searched_says_so_and_answers_nothing() {
    let (_folder, empty) = searched(&[]);
    assert!(
        matches!(empty.state(), DocumentationState::Failed { problem } if problem.contains("no Markdown"))
    );
    assert!(empty.search("runners", 4).is_empty());
    let (_folder, documentation) = searched(&[("a.md", "# A\n\nword\n")]);
    let (done, read) = channel();
    documentation.use_folder(Some("/nowhere/at/all"), None, move || {
        done.send(()).unwrap()
    });
    read.recv().unwrap();
    assert!(matches!(
        documentation.state(),
        DocumentationState::Failed { .. }
    ));
    assert!(
        documentation.search("word", 4).is_empty(),
        "the old folder is forgotten"
    );
    documentation.use_folder(None, None, || ());
    assert_eq!(documentation.state(), DocumentationState::None);
}
