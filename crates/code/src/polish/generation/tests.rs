use super::*;

fn at(file: &str, text: &str) -> Gap {
    let (prefix, suffix) = text.split_once('‸').unwrap();
    Gap::new(prefix, suffix).in_file(file, None)
}

fn generated(gap: &Gap, streamed: bool, answer: &str) -> (String, Vec<Note>) {
    let with = |pieces: &[String]| {
        let family = FamilyRecord::built_in("general").unwrap();
        let mut generation = Generation::new(gap, family, streamed);
        let mut text: String = pieces.iter().map(|piece| generation.push(piece)).collect();
        let (rest, notes) = generation.finish();
        text.push_str(&rest);
        (text, notes)
    };
    let whole = with(&[answer.to_owned()]);
    let letters: Vec<char> = answer.chars().collect();
    for size in [1, 2, 5, 9] {
        let pieces: Vec<String> = letters
            .chunks(size)
            .map(|some| some.iter().collect())
            .collect();
        assert_eq!(with(&pieces), whole, "{size}");
    }
    whole
}

#[test]
fn only_the_code_of_an_answer_is_left_and_on_a_line_of_its_own() {
    for (text, answer, expected) in [
        ("# add\n‸", "a + b\n", "a + b\n"),
        ("# add\n‸", "a + b\n\n \n", "a + b\n"),
        ("# add\n‸", "a + b  ", "a + b"),
        ("# add\n‸\nc", "a + b\n", "a + b"),
        ("# add\n‸c", "a + b\n", "a + b\n"),
        ("‸", "```\na + b\n```\n", "a + b"),
        ("a\r\n‸", "b\r\n\r\n", "b\r\n"),
        ("# add‸", "a + b", "\na + b"),
        ("# add‸", "\na + b", "\na + b"),
        ("‸", "a + b", "a + b"),
        ("# add‸", " \n ", ""),
        ("‸", "```python\na\n\nb\n```", "a\n\nb"),
        (
            "‸",
            "Here you are:\n```python\na\n```\nAnd then:\n```python\nb\n```\nDone.",
            "a\nb",
        ),
        ("‸", "a\n```\nb\n```", "a\nb"),
        (
            "‸",
            "def f():\n    \"\"\"\n    ```\n    x\n    ```\n    \"\"\"",
            "def f():\n    \"\"\"\n    ```\n    x\n    ```\n    \"\"\"",
        ),
        ("‸", "<think>\n```\nno\n```\n</think>\n```\nyes\n```", "yes"),
        ("‸", "a<|im_end|>\nb", "a"),
        ("a\r\nb\r\n‸", "c\nd", "c\r\nd"),
        ("‸", "a 🦀\u{fffd}", "a 🦀"),
    ] {
        for streamed in [true, false] {
            assert_eq!(
                generated(&at("a.py", text), streamed, answer).0,
                expected,
                "{answer:?}"
            );
        }
    }
}

#[test]
fn lines_of_the_file_are_left_out_of_a_whole_answer() {
    let file = "# Sums up.\ndef one(a):\n    first = a + 1\n    second = first + 1\n    third = second + 1\n    return third\n\n‸";
    let answer = "def one(a):\n    first = a + 1\n    second = first + 1\n    third = second + 1\n    return third\n\n# Sums up.\ndef two(a):\n    first = a + 1\n    return first";
    let gap = at("a.py", file);
    let (text, notes) = generated(&gap, false, answer);
    assert_eq!(text, "\ndef two(a):\n    first = a + 1\n    return first");
    assert_eq!(notes, [Note::FileRepeated(6)]);
    assert_eq!(
        generated(&gap, true, answer).0,
        answer,
        "a stream has been shown already"
    );
}

#[test]
fn a_stream_is_shown_as_it_comes() {
    let gap = at("a.py", "# add‸");
    let mut generation = Generation::new(&gap, FamilyRecord::built_in("general").unwrap(), true);
    let long = "total = sum(numbers for numbers in the_list_of_all_numbers_that_there_are)  # done";
    assert_eq!(generation.push(long), format!("\n{long}"));
    assert_eq!(generation.push(" now\n\n"), " now");
    assert_eq!(generation.push("more"), "\n\nmore");
}
