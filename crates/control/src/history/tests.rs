use std::fs;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::view::{
    AnswerState, MarkTrial, Message, Preset, PromptEvent, PromptSummary, Role, SaveTrial, Trial,
    TrialAnswer, TrialColumn, TrialId, TrialQuery, TrialTurn,
};

fn open(folder: &TempDir) -> Arc<History> {
    let (history, notice) = History::new(folder.path(), true);
    assert_eq!(notice, None);
    history
}

fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-11-03T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minute)
}

fn id(number: u8) -> TrialId {
    TrialId(format!("{number:032x}"))
}

fn asking(words: &str, answer: Option<TrialAnswer>) -> Trial {
    let turn = TrialTurn {
        ask: vec![Message::text(Role::User, words)],
        answer,
    };
    Trial {
        columns: vec![TrialColumn {
            model: "Mixtral".into(),
            turns: vec![turn],
            ..TrialColumn::default()
        }],
        ..Trial::default()
    }
}

fn saved(number: u8, trial: Trial) -> SaveTrial {
    SaveTrial {
        id: id(number),
        replays: None,
        trial,
    }
}

fn streaming(correlation_id: &str) -> TrialAnswer {
    TrialAnswer {
        state: AnswerState::Streaming,
        correlation_id: Some(correlation_id.into()),
        ..TrialAnswer::default()
    }
}

fn titles(history: &History, search: &str) -> Vec<String> {
    let query = TrialQuery {
        search: Some(search.into()),
        ..TrialQuery::default()
    };
    let page = history.list(&query).unwrap();
    assert_eq!(page.matching as usize, page.rows.len());
    page.rows.into_iter().map(|row| row.title).collect()
}

fn started(id: &str) -> PromptEvent {
    PromptEvent::Started {
        correlation_id: id.into(),
    }
}

fn delta(text: &str) -> PromptEvent {
    PromptEvent::Delta {
        text: text.into(),
        reasoning: "hm ".into(),
        tool_calls: Vec::new(),
        chunks: 1,
    }
}

fn answer(history: &History, number: u8) -> TrialAnswer {
    let trial = history.get(&id(number)).unwrap().trial;
    trial.columns[0].turns[0].answer.clone().unwrap()
}

#[test]
fn trials_are_found_by_every_word_and_stand_in_order_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    history
        .save(&saved(1, asking("Why is the sky bluish?", None)), at(1))
        .unwrap();
    history
        .save(&saved(2, asking("fn main() -> Größe", None)), at(2))
        .unwrap();
    history
        .save(&saved(3, asking("third", None)), at(3))
        .unwrap();
    // Saved again, it stands before the others, and is there once.
    history
        .save(&saved(1, asking("Why is the sky blue?", None)), at(4))
        .unwrap();
    let pin = MarkTrial {
        id: id(2),
        title: Some("Rust".into()),
        is_pinned: Some(true),
    };
    assert!(history.mark(&pin).unwrap().is_named);
    drop(history);

    let history = open(&folder);
    assert_eq!(
        titles(&history, ""),
        ["Rust", "Why is the sky blue?", "third"]
    );
    for (search, found) in [
        ("blue SKY", &["Why is the sky blue?"][..]),
        ("bluish", &[]),
        ("rust", &["Rust"]),
        ("grosse", &[]),
        ("größ", &["Rust"]),
        ("->", &["Rust"]),
        ("mixtral", &["Rust", "Why is the sky blue?", "third"]),
        ("\"quo*te' OR", &[]),
    ] {
        assert_eq!(titles(&history, search), found, "{search}");
    }
    let unnamed = MarkTrial {
        id: id(2),
        title: Some(" ".into()),
        is_pinned: None,
    };
    let row = history.mark(&unnamed).unwrap();
    assert_eq!(
        (row.title.as_str(), row.is_named, row.is_pinned),
        ("fn main() -> Größe", false, true)
    );
    assert_eq!(row.created_at, at(2));
}

#[test]
fn what_is_removed_is_on_the_disk_no_more() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    history
        .save(&saved(1, asking("marmalade-canary", None)), at(1))
        .unwrap();
    history
        .save(&saved(2, asking("other", None)), at(1))
        .unwrap();
    history.remove(&id(1)).unwrap();
    assert_eq!(
        history.remove(&id(1)).unwrap_err().code,
        ErrorCode::NotFound
    );
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for word in ["marmalade", "canary"] {
            let found = memchr_find(&bytes, word.as_bytes());
            assert!(!found, "{word} in {}", path.display());
        }
    }
    assert_eq!(titles(&history, ""), ["other"]);
}

fn memchr_find(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[tokio::test]
async fn an_answer_whose_window_closed_is_there_as_far_as_it_came() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    let endless = stream::iter([started("a"), delta("Hello "), delta("world")]);
    let mut events = follow(
        Arc::clone(&history),
        endless.chain(stream::pending()).boxed(),
    );
    events.next().await;
    history
        .save(&saved(1, asking("x", Some(streaming("a")))), at(1))
        .unwrap();
    events.next().await;
    let running = answer(&history, 1);
    assert_eq!(
        (running.state, running.text.as_str()),
        (AnswerState::Streaming, "Hello ")
    );
    events.next().await;
    drop(events);
    drop(history);

    let history = open(&folder);
    let cut = answer(&history, 1);
    assert_eq!(
        (cut.state, cut.text.as_str()),
        (AnswerState::Cut, "Hello world")
    );
    assert_eq!(cut.reasoning, "hm hm ");
    // Saved as ended, it is kept in its trial alone.
    history
        .save(&saved(1, asking("x", Some(cut))), at(2))
        .unwrap();
    let left = history.read(|connection| {
        let count = "SELECT count(*) FROM answers";
        Ok(connection.query_row(count, [], |row| row.get::<_, u32>(0))?)
    });
    assert_eq!(left.unwrap(), 0);
}

#[tokio::test]
async fn what_arrives_while_the_program_ends_is_kept_too() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    let endless = stream::iter([started("c"), delta("Half")]).chain(stream::pending());
    let mut events = follow(Arc::clone(&history), endless.boxed());
    events.next().await;
    let save = saved(1, asking("x", Some(streaming("c"))));
    history.save(&save, at(1)).unwrap();
    events.next().await;
    history.end_all();
    // As another process finds it, while the stream is still held here.
    let (reader, _) = History::new(folder.path(), false);
    let cut = answer(&reader, 1);
    assert_eq!((cut.state, cut.text.as_str()), (AnswerState::Cut, "Half"));
}

#[tokio::test]
async fn an_answer_that_ended_before_its_trial_was_saved_is_complete() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    let summary = PromptSummary {
        completion_tokens: Some(2),
        ..PromptSummary::default()
    };
    let events = [
        started("b"),
        delta("Done"),
        PromptEvent::Finished { summary },
    ];
    let heard = follow(Arc::clone(&history), stream::iter(events).boxed());
    assert_eq!(heard.count().await, 3);
    history
        .save(&saved(1, asking("x", Some(streaming("b")))), at(1))
        .unwrap();
    history
        .save(&saved(2, asking("y", Some(streaming("nobody")))), at(1))
        .unwrap();
    drop(history);
    let history = open(&folder);
    let done = answer(&history, 1);
    assert_eq!(
        (done.state, done.text.as_str()),
        (AnswerState::Done, "Done")
    );
    assert_eq!(done.summary.unwrap().completion_tokens, Some(2));
    assert_eq!(
        answer(&history, 2).state,
        AnswerState::Cut,
        "nobody hears more of it"
    );
}

#[test]
fn what_cannot_be_kept_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    let mut five = asking("x", None);
    five.columns = vec![TrialColumn::default(); 5];
    let none = Trial::default();
    let large = asking(&"x".repeat(16 * 1024 * 1024), None);
    for (trial, words) in [
        (five, "1 to 4 models"),
        (none, "1 to 4 models"),
        (large, "16 MiB"),
    ] {
        let error = history.save(&saved(1, trial), at(1)).unwrap_err();
        assert!(error.message.contains(words), "{}", error.message);
    }
    let mut other = saved(1, asking("x", None));
    other.id = TrialId("../x".into());
    assert_eq!(
        history.save(&other, at(1)).unwrap_err().code,
        ErrorCode::Invalid
    );
    assert_eq!(titles(&history, ""), Vec::<String>::new());
}

#[test]
fn a_damaged_history_is_set_aside_and_a_newer_one_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("history.sqlite");
    fs::write(&path, [b'x'; 8192]).unwrap();
    let (history, notice) = History::new(folder.path(), true);
    assert!(notice.unwrap().what.contains("damaged"));
    history
        .save(&saved(1, asking("anew", None)), at(1))
        .unwrap();
    assert_eq!(titles(&history, ""), ["anew"]);
    let aside = fs::read_dir(folder.path()).unwrap().flatten();
    let aside = aside.filter(|file| file.file_name().to_string_lossy().contains(".damaged-"));
    assert_eq!(aside.count(), 1);
    history
        .write(|connection| Ok(connection.pragma_update(None, "user_version", 99)?))
        .unwrap();
    drop(history);
    let (history, notice) = History::new(folder.path(), true);
    assert!(notice.unwrap().why.contains("version 99"));
    let error = history
        .save(&saved(2, asking("x", None)), at(1))
        .unwrap_err();
    assert!(error.hint.contains("newer Gatehouse"), "{}", error.hint);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_history() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    history.save(&saved(1, asking("x", None)), at(1)).unwrap();
    for file in fs::read_dir(folder.path()).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
    let (reader, _) = History::new(folder.path(), false);
    assert_eq!(titles(&reader, ""), ["x"]);
    let error = reader
        .save(&saved(2, asking("y", None)), at(1))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Held);
}

#[test]
fn an_export_can_be_taken_elsewhere_and_back() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let history = open(&here);
    history.save(&saved(1, asking("one", None)), at(1)).unwrap();
    history.save(&saved(2, asking("two", None)), at(2)).unwrap();
    let pin = MarkTrial {
        id: id(1),
        title: Some("Named".into()),
        is_pinned: Some(true),
    };
    history.mark(&pin).unwrap();
    let kept = [1, 2].map(|number| history.get(&id(number)).unwrap());
    let text = String::from_utf8(write_file(kept.to_vec()).unwrap()).unwrap();

    let other = open(&there);
    other
        .save(&saved(2, asking("changed", None)), at(9))
        .unwrap();
    let imported = other.import(read_file(&text).unwrap()).unwrap();
    assert_eq!((imported.added, imported.known), (1, 1));
    assert_eq!(titles(&other, ""), ["Named", "changed"]);
    assert_eq!(other.get(&id(1)).unwrap(), kept[0]);
    assert_eq!(
        titles(&other, "named"),
        ["Named"],
        "it is found by its name"
    );

    for (text, words) in [
        ("{", "cannot be read"),
        ("{}", "no trials of Gatehouse"),
        (r#"{"gatehouse_trials": 2, "trials": "other"}"#, "version 2"),
        (r#"{"gatehouse_trials": 1, "trials": [{}]}"#, "damaged"),
    ] {
        let error = read_file(text).unwrap_err();
        assert!(error.message.contains(words), "{}", error.message);
    }
    let torn = text.replace(&id(2).0, "zz");
    assert!(other.import(read_file(&torn).unwrap()).is_err());
}

#[test]
fn a_preset_takes_the_place_of_the_one_with_its_name() {
    let folder = TempDir::new().unwrap();
    let history = open(&folder);
    let preset = |name: &str, system: &str| Preset {
        name: name.into(),
        system: system.into(),
        ..Preset::default()
    };
    history.save_preset(preset("b", "old")).unwrap();
    history.save_preset(preset(" b ", "new")).unwrap();
    let all = history.save_preset(preset("A", "")).unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|one| (one.name.as_str(), one.system.as_str()))
        .collect();
    assert_eq!(all, [("A", ""), ("b", "new")]);
    assert!(history.save_preset(preset("  ", "")).is_err());
    assert_eq!(history.remove_preset("A").unwrap().len(), 1);
}
