use gateway::{Journal as _, RequestState};

use super::*;
use crate::log::testing::{accepted, outcome};

const BASE: i64 = 7;

fn journal(folder: &Path) -> Journal {
    let journal = Journal::new(folder, Shared::new(false));
    journal.begin(BASE).unwrap();
    journal
}

/// Takes down the beginning of a request.
fn begin(journal: &Journal, sequence: u64) -> Mark {
    journal.take_down(
        &mut journal.files(),
        &Step::Started(sequence, &accepted("id")),
    )
}

/// Takes down the end of a request; it is not written yet.
fn end(journal: &Journal, sequence: u64) -> Mark {
    let end = outcome(RequestState::Completed);
    journal.take_down(&mut journal.files(), &Step::Finished(sequence, &end))
}

/// The same, and writes it.
fn end_now(journal: &Journal, sequence: u64) {
    journal.write(end(journal, sequence));
}

fn ended(folder: &Path) -> Vec<u64> {
    let left = left(folder).unwrap().unwrap();
    assert_eq!(left.base, BASE);
    let ended = left.entries.iter().filter_map(|entry| match entry {
        Entry::Finished(sequence, _) => Some(*sequence),
        _ => None,
    });
    let mut ended: Vec<_> = ended.collect();
    ended.sort_unstable();
    ended
}

#[test]
fn what_was_taken_down_is_read_in_order_until_the_table_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let mut sequence = 0;
    let mut fill = || {
        while journal.files().size < TURN {
            sequence += 1;
            end_now(&journal, sequence);
        }
        sequence
    };
    let first = fill();
    journal.turn();
    let second = fill();
    // The table is behind: no file is given up for a third one.
    journal.turn();
    assert_eq!(ended(folder.path()), (1..=second).collect::<Vec<_>>());
    journal.forget();
    assert_eq!(
        ended(folder.path()),
        (first + 1..=second).collect::<Vec<_>>()
    );
    journal.turn();
    journal.forget();
    assert!(ended(folder.path()).is_empty());
    journal.end().unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}

#[test]
fn one_write_does_for_all_that_was_taken_down() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let kept = || left(folder.path()).unwrap().unwrap().entries.len();
    begin(&journal, 1);
    let (first, second) = (end(&journal, 1), end(&journal, 2));
    assert_eq!(kept(), 0);
    journal.write(first);
    assert_eq!(kept(), 3);
    end(&journal, 3);
    journal.write(second);
    assert_eq!(kept(), 3, "nothing was left to write for it");
    journal.turn();
    journal.write(end(&journal, 4));
    assert_eq!(kept(), 5);
}

#[test]
fn what_is_not_written_yet_is_in_the_old_file_after_a_turn() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let last = end(&journal, 1);
    journal.files().size = TURN;
    journal.turn();
    journal.write(last);
    assert_eq!(ended(folder.path()), [1]);
    journal.forget();
    assert!(ended(folder.path()).is_empty());
}

#[test]
fn each_step_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let token = gateway::Token {
        checked_in: Duration::from_micros(70),
        issuer: Some("https://gitlab.example".into()),
        instance: None,
    };
    let (accepted, routed) = (accepted("id"), crate::log::testing::routed("m"));
    let mut outcome = outcome(RequestState::Completed);
    outcome.token = Some(Box::new(token));
    let steps = [
        Entry::Started(9, &accepted),
        Entry::Routed(9, &routed),
        Entry::Finished(9, &outcome),
    ];
    for step in steps {
        let mark = journal.take_down(&mut journal.files(), &step);
        journal.write(mark);
    }
    let mut entries = left(folder.path()).unwrap().unwrap().entries.into_iter();
    let read = (entries.next(), entries.next(), entries.next());
    let (
        Some(Entry::Started(9, first)),
        Some(Entry::Routed(9, second)),
        Some(Entry::Finished(9, third)),
    ) = read
    else {
        panic!("{read:?}");
    };
    assert_eq!((first, second, third), (accepted, routed, outcome));
}

#[test]
fn what_another_version_left_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (mut head, version) = (Vec::new(), "0.0.0".to_owned());
    add(
        &Head {
            version,
            base: BASE,
        },
        &mut head,
    );
    fs::write(&paths(folder.path())[0], head).unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}

#[test]
fn half_a_record_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    end_now(&journal, 1);
    let mut half = Vec::new();
    let end = outcome(RequestState::Failed);
    add(&Step::Finished(2, &end), &mut half);
    half.truncate(half.len() / 2);
    // As a process leaves it that is killed while it writes.
    let path = &paths(folder.path())[0];
    append_private(path).unwrap().write_all(&half).unwrap();
    assert_eq!(ended(folder.path()), [1]);
}

#[cfg(unix)]
#[test]
fn what_comes_after_a_refusal_is_taken_down() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    end_now(&journal, 1);
    // It refuses every byte, and to be cut.
    let full = File::options().append(true).open("/dev/full").unwrap();
    journal.files().file = Some(full);
    end_now(&journal, 2);
    journal.turn();
    end_now(&journal, 3);
    assert_eq!(ended(folder.path()), [1, 3]);
}

#[test]
fn an_empty_file_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(&paths(folder.path())[0], "").unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}
