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
    journal.files().take_down(&text, when);
}

fn ended(folder: &Path) -> Vec<u64> {
    let left = left(folder).unwrap().unwrap();
    assert_eq!(left.base, BASE);
    let ended = left.entries.iter().filter_map(|entry| match entry {
        Entry::Finished(sequence, _) => Some(*sequence),
        _ => None,
    });
    ended.collect()
}

#[test]
fn what_was_taken_down_is_read_in_order_until_the_table_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let mut sequence = 0;
    let mut fill = || {
        while journal.files().size < TURN {
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
fn a_beginning_is_written_with_the_next_end() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    take_down(&journal, 1, false);
    assert_eq!(left(folder.path()).unwrap().unwrap().entries.len(), 0);
    take_down(&journal, 2, true);
    assert_eq!(left(folder.path()).unwrap().unwrap().entries.len(), 2);
}

#[test]
fn half_a_line_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    take_down(&journal, 1, true);
    {
        // As after a write that the disk took in part.
        let mut files = journal.files();
        let half = &line(&Step::Finished(2, &outcome(RequestState::Failed)))[..40];
        files.file.as_mut().unwrap().write_all(half).unwrap();
        files.pending.push(b'\n');
    }
    take_down(&journal, 3, true);
    assert_eq!(ended(folder.path()), [1, 3]);
}

#[test]
fn an_empty_file_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILES[0]), "").unwrap();
    assert!(left(folder.path()).unwrap().is_none());
}
