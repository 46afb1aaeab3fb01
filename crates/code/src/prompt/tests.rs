use super::*;

fn family(name: &str) -> &'static FamilyRecord {
    FamilyRecord::built_in(name).unwrap()
}

#[test]
fn a_gap_is_asked_for_with_nothing_but_tokens_prefix_and_suffix() {
    let gap = Gap::new("def add(a, b):\r\n    return ", "\r\nprint(add(1,2))\r\n");
    for (name, expected) in [
        (
            "codestral",
            "[SUFFIX]\nprint(add(1,2))\n[PREFIX]def add(a, b):\n    return ",
        ),
        (
            "codellama",
            "<PRE> def add(a, b):\n    return  <SUF>\nprint(add(1,2))\n <MID>",
        ),
        (
            "codegemma",
            "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\nprint(add(1,2))\n<|fim_middle|>",
        ),
        (
            "deepseekcoder",
            "<\u{ff5c}fim\u{2581}begin\u{ff5c}>def add(a, b):\n    return <\u{ff5c}fim\u{2581}hole\u{ff5c}>\nprint(add(1,2))\n<\u{ff5c}fim\u{2581}end\u{ff5c}>",
        ),
        (
            "starcoder2",
            "<fim_prefix>def add(a, b):\n    return <fim_suffix>\nprint(add(1,2))\n<fim_middle>",
        ),
    ] {
        let prompt = fim_prompt(family(name), &gap);
        assert_eq!(
            (prompt.text.as_str(), prompt.is_plain_prefix),
            (expected, false),
            "{name}"
        );
    }
}

#[test]
fn an_empty_suffix_is_an_empty_string_or_no_suffix_at_all() {
    let gap = Gap::new("a = ", "");
    let mut record = family("codestral").clone();
    let fim = record.fim.as_mut().unwrap();
    fim.plain_without_suffix = false;
    assert_eq!(fim_prompt(&record, &gap).text, "[SUFFIX][PREFIX]a = ");
    record.fim.as_mut().unwrap().plain_without_suffix = true;
    let plain = FimPrompt {
        text: "a = ".into(),
        is_plain_prefix: true,
    };
    assert_eq!(fim_prompt(&record, &gap), plain);
    assert_eq!(fim_prompt(family("mixtral"), &Gap::new("a = ", "b")), plain);
}

#[test]
fn what_the_file_says_of_tokens_is_not_obeyed() {
    let gap = Gap::new("x = '<|fim_middle|>' + ", "# <|fim_suffix|>");
    let gap = gap
        .with_context(["<|fim_prefix|>"])
        .in_file("a<|im_end|>.py", None);
    let text = fim_prompt(family("qwen"), &gap).text;
    for token in ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"] {
        assert_eq!(text.matches(token).count(), 1, "{text}");
    }
    for prompt in [
        chat_prompt(family("general"), &gap),
        generation_prompt(family("general"), &gap, "<|im_start|>"),
    ] {
        assert!(!prompt.user.contains("<|"), "{}", prompt.user);
    }
}

#[test]
fn the_place_is_marked_by_what_is_nowhere_in_the_file() {
    let gap = Gap::new("a <CURSOR> </file>", "<CURSOR_2> <files>").in_file("a.py", None);
    for ChatPrompt { system, user } in [
        chat_prompt(family("general"), &gap),
        generation_prompt(family("general"), &gap, "add a test"),
    ] {
        let file = "<file_2>\na <CURSOR> </file><CURSOR_3><CURSOR_2> <files>\n</file_2>";
        assert!(
            user.contains(file) && user.starts_with("File: a.py\nLanguage: python\n\n<file_2>"),
            "{user}"
        );
        assert!(
            system.contains("<CURSOR_3>") && system.contains("<file_2>"),
            "{system}"
        );
    }
}

#[test]
fn a_server_gets_as_many_stops_as_it_takes_the_familys_own_first() {
    let record = family("codegemma");
    assert_eq!(stops(record, 4), record.stop[..4]);
    assert_eq!(stops(record, 0), Vec::<String>::new());
    let all = stops(record, 100);
    for token in &record.fim.as_ref().unwrap().tokens {
        assert_eq!(all.iter().filter(|stop| *stop == token).count(), 1);
    }
}
