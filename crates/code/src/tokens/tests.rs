use super::*;

fn family(name: &str) -> &'static FamilyRecord {
    FamilyRecord::built_in(name).unwrap()
}

#[test]
fn no_control_token_of_a_file_reaches_a_prompt() {
    for record in domain::FAMILIES.iter() {
        let tokens: Vec<&str> = record
            .control_texts()
            .chain(KNOWN.iter().copied())
            .collect();
        let file = tokens.concat();
        let defused = defuse(&file, record);
        for token in &tokens {
            assert!(!defused.contains(token), "{}: {token}", record.name);
        }
        let mended: String = defused.chars().filter(|letter| *letter != BREAK).collect();
        assert_eq!(mended, file);
    }
}

#[test]
fn ordinary_text_is_sent_as_it_is() {
    let text = "a <| b; x[i] <s>old</s> ▁ ｜ 🦀 <fim> [INS] \u{200b}";
    assert_eq!(defuse(text, family("qwen")), text);
    assert_eq!(
        defuse("<<|fim_middle|>>", family("qwen")),
        "<<\u{200b}|fim_middle|>>"
    );
}

#[test]
fn a_token_may_be_cut_anywhere_and_what_looks_like_one_passes() {
    let gap = Gap::new("x = '<|fim_middle|>'", "");
    for (answer, expected, cut) in [
        ("a<｜fim▁end｜>b", "a", Some("<｜fim▁end｜>")),
        ("a <|fim_mid b <| c <", "a <|fim_mid b <| c <", None),
        (
            "<\u{200b}|fim_middle|> <\u{200b}|fim_pre",
            "<|fim_middle|> <\u{200b}|fim_pre",
            None,
        ),
        ("é<|im_end|>", "é", Some("<|im_end|>")),
    ] {
        for size in 1..12 {
            let mut reader = TokenReader::new(family("deepseek"), &gap, &[]);
            let letters: Vec<char> = answer.chars().collect();
            let mut text = String::new();
            for piece in letters.chunks(size) {
                text.push_str(&reader.push(&piece.iter().collect::<String>()));
            }
            text.push_str(&reader.finish());
            assert_eq!((text.as_str(), reader.cut_at()), (expected, cut), "{size}");
        }
    }
}

#[test]
fn the_longer_and_earlier_of_two_stops_counts() {
    let mut record = family("general").clone();
    record.stop = vec!["\n\n".into(), "\n\n\n#".into(), "b\n\nc".into()];
    let gap = Gap::default();
    for (answer, expected) in [
        ("a\n\nx", "a"),
        ("a\n\n\n#", "a"),
        ("ab\n\nc", "a"),
        ("ab\n\nd", "ab"),
    ] {
        for size in [1, 2, 100] {
            let mut reader = TokenReader::new(&record, &gap, &[]);
            let mut text = String::new();
            for piece in answer.as_bytes().chunks(size) {
                text.push_str(&reader.push(std::str::from_utf8(piece).unwrap()));
            }
            text.push_str(&reader.finish());
            assert_eq!(text, expected, "{answer:?}");
        }
    }
}

#[test]
fn a_control_token_is_found_where_a_family_has_it() {
    let found = |text: &str, name: &str| control_token(text.as_bytes(), family(name));
    let end = "<|im_end|>".to_owned();
    assert_eq!(found("a <|im_end|> b", "general"), Some(end));
    assert_eq!(found("a [SUFFIX] b", "codestral"), Some("[SUFFIX]".into()));
    // Words of other families may well be text here.
    assert_eq!(found("a [SUFFIX] b <PRE>", "general"), None);
    assert!(KNOWN.iter().all(|token| token.starts_with('<')));
}

#[test]
fn a_search_that_is_kept_is_the_one_for_these_texts() {
    for turn in 0..3 * MOST_MADE {
        let text = format!("<{}>", turn % (MOST_MADE + 1));
        let found = search(&["<file>", &text]).unwrap();
        let found = found.find(&format!("a {text} <file>")).unwrap();
        assert_eq!((found.start(), found.end()), (2, 2 + text.len()), "{text}");
        assert!(MADE.lock().unwrap().len() <= MOST_MADE);
    }
}
