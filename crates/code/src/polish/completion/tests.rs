use super::*;

mod blocks;
mod pieces;

fn family(name: &str) -> FamilyRecord {
    FamilyRecord::built_in(name).unwrap().clone()
}

/// The whole text of an answer, after the pieces of every way to cut it gave the same.
fn polished(gap: &Gap, name: &str, route: CompletionRoute, answer: &str) -> (String, Vec<Note>) {
    let with = |pieces: &[&str]| {
        let mut completion = Completion::new(gap, &family(name), route);
        let mut text: String = pieces.iter().map(|piece| completion.push(piece)).collect();
        let (rest, notes) = completion.finish();
        text.push_str(&rest);
        (text, notes)
    };
    let letters: Vec<&str> = answer.split_inclusive(|_| true).collect();
    let whole = with(&[answer]);
    assert_eq!(with(&letters), whole, "letter by letter");
    for size in [2, 7] {
        let pieces: Vec<String> = letters.chunks(size).map(|some| some.concat()).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        assert_eq!(with(&pieces), whole, "{size} letters at a time");
    }
    for (cut, _) in answer.char_indices().step_by(1 + answer.len() / 8) {
        assert_eq!(
            with(&[&answer[..cut], &answer[cut..]]),
            whole,
            "cut at {cut}"
        );
    }
    whole
}

fn fim(file: &str, text: &str, answer: &str) -> String {
    polished(&at(file, text), "qwen", CompletionRoute::RawFim, answer).0
}

/// A place, marked by `‸`.
fn at(file: &str, text: &str) -> Gap {
    let (prefix, suffix) = text.split_once('‸').unwrap();
    Gap::new(prefix, suffix).in_file(file, None)
}

#[test]
fn an_answer_ends_at_the_first_control_token() {
    for (name, answer, expected, token) in [
        ("codestral", "a + b[SUFFIX]\nx", "a + b", "[SUFFIX]"),
        (
            "codegemma",
            "a + b<|file_separator|>x",
            "a + b",
            "<|file_separator|>",
        ),
        ("codellama", "a + b <EOT>\n\nmore", "a + b", "<EOT>"),
        ("deepseekcoder", "a<｜fim▁end｜>b", "a", "<｜fim▁end｜>"),
        ("qwen", "a<|fim_pad|>b", "a", "<|fim_pad|>"),
        ("general", "a<|endoftext|>b", "a", "<|endoftext|>"),
    ] {
        let gap = at("a.py", "x = ‸\n");
        let (text, notes) = polished(&gap, name, CompletionRoute::RawFim, answer);
        assert_eq!(
            (text.as_str(), &notes[..]),
            (expected, &[Note::CutAt(token.into())][..])
        );
    }
    let mut completion = Completion::new(
        &at("a.py", "x = ‸\n"),
        &family("qwen"),
        CompletionRoute::RawFim,
    );
    assert_eq!(completion.push("a <|fim"), "a");
    assert!(!completion.is_over());
    assert_eq!(completion.push("_middle|> b") + &completion.push(" c"), "");
    assert!(completion.is_over(), "the model can be stopped");
}

#[test]
fn tokens_that_the_file_has_come_back_whole() {
    let gap = at("a.py", "END = '<|fim_middle|>'\nMID = ‸\n");
    let sent = crate::fim_prompt(&family("qwen"), &gap).text;
    assert_eq!(sent.matches("<|fim_middle|>").count(), 1, "{sent}");
    let (text, _) = polished(
        &gap,
        "qwen",
        CompletionRoute::RawFim,
        "'<\u{200b}|fim_middle|>' + \"\u{200b}\"",
    );
    assert_eq!(
        text, "'<|fim_middle|>' + \"\u{200b}\"",
        "only what was broken is mended"
    );
}

#[test]
fn thoughts_are_left_out_for_every_family() {
    for (name, route, answer) in [
        (
            "qwen",
            CompletionRoute::RawFim,
            "<think>\nhm <|im_end|>\n</think>\n\na + b",
        ),
        ("general", CompletionRoute::Chat, "<think></think>a + b"),
        (
            "general",
            CompletionRoute::Chat,
            "the user wants a sum\n</think>\n\na + b",
        ),
    ] {
        let (text, notes) = polished(&at("a.py", "x = ‸\n"), name, route, answer);
        assert_eq!(text, "a + b");
        assert!(notes.contains(&Note::ThoughtsRemoved), "{notes:?}");
    }
    let gap = at("a.py", "x = ‸\n");
    let (text, _) = polished(&gap, "general", CompletionRoute::Chat, "<think>never ends");
    assert_eq!(text, "");
}

#[test]
fn an_answer_by_an_instruction_is_taken_out_of_its_wrapping() {
    for (file, text, answer, expected) in [
        ("a.py", "x = ‸\n", "```python\na + b\n```", "a + b"),
        ("a.py", "x = ‸\n", "```\na + b\n```\nThis adds.", "a + b"),
        (
            "a.py",
            "x = ‸\n",
            "Here is the code:\n\n```py\na + b\n```\n",
            "a + b",
        ),
        ("a.py", "x = ‸\n", "```a + b```", "a + b"),
        ("a.py", "x = ‸\n", "a + b\n```\nThis adds.", "a + b"),
        ("a.py", "x = ‸\n", "x = a + b", "a + b"),
        ("a.py", "def f(a):\n    ‸\n", "    return a", "return a"),
        (
            "a.py",
            "def f(a):\n    ‸\n",
            "def f(a):\n    return a",
            "return a",
        ),
        (
            "a.py",
            "def f(a):\n    return ‸\n",
            "```python\ndef f(a):\n    return a\n```",
            "a",
        ),
        ("a.py", "def f(a):\n    retu‸\n", "return a", "rn a"),
        ("a.py", "i‸\n", "if a:\n    b()", "if a:\n    b()"),
        ("a.py", "x = ‸\n", "a + b\n</file>\n\nThat is all.", "a + b"),
        ("a.py", "x = ‸\n", "Heres + b", "Heres + b"),
        (
            "README.md",
            "# A\n\n‸",
            "```sh\nmake\n```\n\nThen run it.",
            "```sh\nmake\n```\n\nThen run it.",
        ),
    ] {
        let (polished, _) = polished(&at(file, text), "general", CompletionRoute::Chat, answer);
        assert_eq!(polished, expected, "{text} {answer}");
    }
}

#[test]
fn an_answer_that_says_nothing_is_empty() {
    for (file, text, answer, expected) in [
        ("a.py", "x\n‸", " \n\t\n", ""),
        ("a.py", "x = 1\n‸\n", "# Write your code here\n# TODO", ""),
        ("a.py", "x = 1\n‸\n", "# Adds.\ny = 2", "# Adds.\ny = 2"),
        ("a.py", "# one\n‸\n", "# two", "# two"),
        ("a.py", "x = 1  ‸\n", "# one", "# one"),
        (
            "a.rs",
            "‸\nfn f() {}\n",
            "/// Does nothing.",
            "/// Does nothing.",
        ),
        ("a.js", "‸", "**********", ""),
        ("a.txt", "‸", "***", "***"),
    ] {
        assert_eq!(fim(file, text, answer), expected, "{text} {answer}");
    }
}

#[test]
fn the_ends_of_lines_and_characters_are_whole() {
    let gap = at("a.py", "a = 1\r\n‸\r\nc = 3\r\n");
    for answer in [
        "b = 2\nd = 4",
        "b = 2\r\nd = 4\r\n",
        "b = 2\nd = 4\n\u{fffd}",
        "b = 2\nd = 4\u{fffd}\u{fffd}",
    ] {
        let (text, _) = polished(&gap, "qwen", CompletionRoute::RawFim, answer);
        assert_eq!(text, "b = 2\r\nd = 4", "{answer:?}");
    }
    // The rest of the line stands after the cursor: the line end belongs to the answer.
    assert_eq!(fim("a.py", "‸b = 2\n", "a = 1\n"), "a = 1\n");
    // So does one at the end of the file, and no more of them.
    for answer in ["a = 1\n", "a = 1\n\n\n"] {
        assert_eq!(fim("a.py", "b = 2\n‸", answer), "a = 1\n");
    }
    assert_eq!(fim("a.py", "b = 2\n‸", "\n\n"), "");
}

#[test]
fn the_first_words_wait_for_nothing() {
    let gap = at("a.rs", "fn f() {\n    ‸\n}\n");
    let mut completion = Completion::new(&gap, &family("qwen"), CompletionRoute::RawFim);
    let pieces = [
        "let",
        " a",
        " =",
        " 1;",
        "\n",
        "    a",
        "\n",
        "}",
        "\n\nfn g() {",
        "}\n",
    ];
    let given: Vec<String> = pieces.iter().map(|piece| completion.push(piece)).collect();
    assert_eq!(
        given,
        ["let", " a", " =", " 1;", "", "", "\n    a", "", "", ""]
    );
    assert!(completion.is_over());
    assert_eq!(completion.finish(), (String::new(), vec![Note::CutAtBlock]));
}

#[test]
fn a_line_that_is_inside_of_the_block_waits_for_nothing() {
    let gap = at("a.py", "def f(a):‸\n\n\nprint(f(1))\n");
    let mut completion = Completion::new(&gap, &family("qwen"), CompletionRoute::RawFim);
    let pieces = [
        "\n",
        "    ",
        "b",
        " = a",
        "\n",
        "    return",
        " b",
        "\n",
        "f",
    ];
    let given: Vec<String> = pieces.iter().map(|piece| completion.push(piece)).collect();
    let wanted = ["", "", "\n    b", " = a", "", "\n    return", " b", "", ""];
    assert_eq!(given, wanted);
}

#[test]
fn a_raw_answer_in_a_fence_is_taken_out_of_it_unless_a_fence_is_content() {
    let family = FamilyRecord::built_in("qwen").unwrap();
    let polished = |name: &str, prefix: &str, answer: &str| {
        let gap = Gap::new(prefix, "\n").in_file(name, None);
        let mut completion = Completion::new(&gap, family, CompletionRoute::RawFim);
        let text = completion.push(answer);
        text + &completion.finish().0
    };
    let fenced = "```python\nx = 1\n```\nThat sets x.";
    assert_eq!(polished("a.py", "import os\n", fenced), "x = 1");
    assert!(polished("a.md", "# A\n", fenced).starts_with("```python"));
    let comment = "```\nlet x = 1;\n```";
    assert!(polished("a.rs", "/// ", comment).starts_with("```"));
    let fenced = "```rust\na + b\n```";
    assert_eq!(polished("a.rs", "let c = ", fenced), "a + b");
    assert_eq!(polished("a.py", "import os\n", "To = 1"), "To = 1");
}
