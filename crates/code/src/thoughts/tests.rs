use super::*;

fn split(mut thoughts: Thoughts, pieces: &[&str]) -> (String, String) {
    let mut split = (String::new(), String::new());
    let mut add = |(thought, answer): (String, String)| {
        split.0.push_str(&thought);
        split.1.push_str(&answer);
    };
    pieces.iter().for_each(|piece| add(thoughts.push(piece)));
    add(thoughts.finish());
    split
}

#[test]
fn thoughts_and_words_part_wherever_the_text_is_cut() {
    let own = ReasoningMarks {
        open: "[THINK]".into(),
        close: "[/THINK]".into(),
    };
    for (text, thought, answer) in [
        ("<think>\na é</think>\n\n  b", "\na é", "  b"),
        (
            " \n<think>a < b </ c</think>d</think>",
            "a < b </ c",
            "d</think>",
        ),
        ("[THINK]a</think>b[/THINK]c", "a</think>b", "c"),
        ("a <think>b</think>", "", "a <think>b</think>"),
        ("<think>a", "a", ""),
        ("<thin", "", "<thin"),
        ("  ", "", "  "),
        ("", "", ""),
    ] {
        let letters: Vec<&str> = text.split_inclusive(|_| true).collect();
        for size in [1, 2, 5, 100] {
            let pieces: Vec<String> = letters.chunks(size).map(|some| some.concat()).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let thoughts = Thoughts::new(&own).with_common_marks();
            assert_eq!(
                split(thoughts, &pieces),
                (thought.into(), answer.into()),
                "{pieces:?}"
            );
        }
    }
}

#[test]
fn an_end_without_a_beginning_counts_near_the_start_only_and_only_where_it_is_asked_for() {
    let near = format!("{}</think>b", "a".repeat(60));
    let far = format!("{}</think>b", "a".repeat(90));
    let marks = Thoughts::common_marks();
    let orphans = || Thoughts::new(&marks).with_orphans();
    assert_eq!(split(orphans(), &[&near]), ("a".repeat(60), "b".into()));
    assert_eq!(split(orphans(), &[&far]), (String::new(), far.clone()));
    assert_eq!(
        split(Thoughts::new(&marks), &[&near]),
        (String::new(), near.clone())
    );
}

#[test]
fn words_wait_for_nothing() {
    let mut thoughts = Thoughts::new(&Thoughts::common_marks());
    assert_eq!(thoughts.push("Hi"), (String::new(), "Hi".into()));
    assert!(thoughts.are_over());
    let mut thoughts = Thoughts::new(&Thoughts::common_marks());
    assert_eq!(thoughts.push("<think>one "), ("one ".into(), String::new()));
    assert!(!thoughts.are_over());
}
