use gateway::RequestState;

use super::*;
use crate::log::testing::{accepted, outcome};

const BASE: i64 = 7;

fn journal(folder: &Path) -> Journal {
    let journal = Journal::new(folder, Shared::new(false));
    journal.begin(BASE).unwrap();
    journal
}

/// Takes down the beginning or the end of a request.
fn take_down(journal: &Journal, sequence: u64, has_ended: bool) {
    let end = outcome(RequestState::Completed);
    let (text, when) = match has_ended {
        true => (line(&Step::Finished(sequence, &end)), When::Now),
        false => (line(&Step::Started(sequence, &accepted("id"))), When::Later),
    };
    journal.part(sequence).take_down(&text, when);
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
        // In every part alike.
        while journal.parts().any(|part| part.size < TURN) {
            sequence += 1;
            take_down(&journal, sequence, true);
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
fn a_beginning_is_written_with_the_next_end_of_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    take_down(&journal, 1, false);
    assert_eq!(left(folder.path()).unwrap().unwrap().entries.len(), 0);
    take_down(&journal, 1 + PARTS as u64, true);
    assert_eq!(left(folder.path()).unwrap().unwrap().entries.len(), 2);
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
        journal.part(9).take_down(&line(&step), When::Now);
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
    let head = line(&Head {
        version: "0.0.0".into(),
        base: BASE,
    });
    fs::write(&paths(folder.path(), 0)[0], head).unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}

#[test]
fn half_a_line_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    take_down(&journal, 1, true);
    {
        // As after a write that the disk took in part.
        let mut part = journal.part(1);
        let whole = line(&Step::Finished(2, &outcome(RequestState::Failed)));
        let half = &whole[..whole.len() / 2];
        part.file.as_mut().unwrap().write_all(half).unwrap();
        part.pending.push(END);
    }
    let third = 1 + PARTS as u64;
    take_down(&journal, third, true);
    assert_eq!(ended(folder.path()), [1, third]);
}

#[test]
fn an_empty_file_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(&paths(folder.path(), 0)[0], "").unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}
