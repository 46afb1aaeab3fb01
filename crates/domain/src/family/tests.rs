use super::*;

/// The built-in record of a family, as it applies to an identifier.
fn record(family: &str, identifier: &str) -> FamilyRecord {
    let record = FamilyRecord::built_in(family).unwrap();
    record.for_identifier(identifier).into_owned()
}

#[test]
fn the_table_has_the_families_of_the_form_then_those_of_today() {
    let names: Vec<_> = FAMILIES.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(
        names.join(" "),
        "mistral mixtral codestral codellama codegemma deepseekcoder claude_3 gpt llama3 general \
         qwen starcoder2 deepseek devstral gpt_oss gemma granite"
    );
}

#[test]
fn every_built_in_record_and_variant_is_sound() {
    for record in FAMILIES.iter() {
        assert_eq!(record.check(), Ok(()), "{}", record.name);
        assert!(!record.remarks.is_empty(), "{}", record.name);
        for variant in &record.variants {
            let words = variant.matches[0].join(" ");
            let applied = record.for_identifier(&words.replace('/', ""));
            assert_eq!(applied.check(), Ok(()), "{}", variant.title);
        }
    }
}

/// `providers.md` §10, check 1: one P and one S for all, byte for byte.
#[test]
fn each_family_asks_for_the_gap_as_it_was_trained() {
    const DEEPSEEK: &str = "<\u{FF5C}fim\u{2581}begin\u{FF5C}>P<\u{FF5C}fim\u{2581}hole\u{FF5C}>S<\u{FF5C}fim\u{2581}end\u{FF5C}>";
    const BARS: &str = "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>";
    const NO_BARS: &str = "<fim_prefix>P<fim_suffix>S<fim_middle>";
    let prompts = [
        ("codestral", "Codestral-22B-v0.1", "[SUFFIX]S[PREFIX]P"),
        ("codellama", "codellama:13b-code", "<PRE> P <SUF>S <MID>"),
        ("codegemma", "codegemma:2b", BARS),
        ("deepseekcoder", "deepseek-coder-33b-base", DEEPSEEK),
        ("deepseekcoder", "deepseek-coder-33b-instruct", DEEPSEEK),
        ("deepseek", "deepseek-ai/DeepSeek-V3.1", DEEPSEEK),
        ("qwen", "Qwen/Qwen2.5-Coder-7B", BARS),
        ("qwen", "qwen3-coder:30b-a3b", BARS),
        ("qwen", "Qwen/CodeQwen1.5-7B", NO_BARS),
        ("starcoder2", "bigcode/starcoder2-15b", NO_BARS),
        (
            "starcoder2",
            "bigcode/santacoder",
            "<fim-prefix>P<fim-suffix>S<fim-middle>",
        ),
        ("granite", "granite-8b-code-base-128k", NO_BARS),
        ("granite", "ibm-granite/granite-3.3-8b-instruct", BARS),
    ];
    for (family, identifier, prompt) in prompts {
        let fim = record(family, identifier).fim.expect(identifier);
        assert_eq!(fim.render("P", "S"), prompt, "{identifier}");
    }
}

#[test]
fn an_empty_suffix_is_an_empty_string() {
    let codestral = record("codestral", "").fim.unwrap();
    assert_eq!(codestral.render("def f(", ""), "[SUFFIX][PREFIX]def f(");
    let codellama = record("codellama", "").fim.unwrap();
    assert_eq!(codellama.render(" a", ""), "<PRE>  a <SUF> <MID>");
}

#[test]
fn no_other_family_has_a_prompt_for_the_gap() {
    for record in FAMILIES.iter() {
        let name = record.name.as_str();
        let has_one = [
            "codestral",
            "codellama",
            "codegemma",
            "deepseekcoder",
            "deepseek",
            "qwen",
            "starcoder2",
            "granite",
        ]
        .contains(&name);
        assert_eq!(record.fim.is_some(), has_one, "{name}");
        assert_eq!(
            record.routes.first() == Some(&CompletionRoute::RawFim),
            has_one,
            "{name}"
        );
    }
}

#[test]
fn deepseeks_tokens_have_their_own_bar_and_underscore() {
    let fim = record("deepseek", "").fim.unwrap();
    let points: Vec<u32> = fim.tokens[0].chars().map(u32::from).collect();
    #[rustfmt::skip]
    assert_eq!(
        points,
        [0x3C, 0xFF5C, 0x66, 0x69, 0x6D, 0x2581, 0x62, 0x65, 0x67, 0x69, 0x6E, 0xFF5C, 0x3E]
    );
    assert!(!fim.template.contains(['|', '_']));
}

#[test]
fn a_file_that_speaks_of_the_places_is_sent_as_it_is() {
    let fim = record("codestral", "").fim.unwrap();
    assert_eq!(
        fim.render("a {suffix} {prefix}", "b {prefix} {suffix}"),
        "[SUFFIX]b {prefix} {suffix}[PREFIX]a {suffix} {prefix}"
    );
    let fim = record("codegemma", "").fim.unwrap();
    assert_eq!(
        fim.render("{suffix}", "{prefix}"),
        "<|fim_prefix|>{suffix}<|fim_suffix|>{prefix}<|fim_middle|>"
    );
}

#[test]
fn control_tokens_are_known_for_every_way_to_ask() {
    for (family, identifier, text) in [
        ("qwen", "qwen2.5-coder:7b", "<|im_end|>"),
        ("qwen", "qwen2.5-coder:7b", "<|fim_middle|>"),
        // Asked through chat, and the tokenizer has the FIM tokens all the same.
        ("qwen", "qwen3:8b", "<|fim_middle|>"),
        ("codegemma", "codegemma-7b-it", "<end_of_turn>"),
        ("codegemma", "codegemma-7b-it", "<|fim_suffix|>"),
        ("codestral", "mamba-codestral", "[/INST]"),
        ("mistral", "mistral-7b-v0.3", "[/INST]"),
        ("llama3", "llama3.1:8b", "<|eot_id|>"),
        ("general", "phi-4", "<|im_end|>"),
    ] {
        let record = record(family, identifier);
        assert!(
            record.control_texts().any(|control| control == text),
            "{identifier}: {text}"
        );
    }
    for name in ["claude_3", "gpt"] {
        assert_eq!(record(name, "").control_texts().count(), 0, "{name}");
    }
}

#[test]
fn a_record_that_would_ask_wrongly_is_refused_with_the_reason() {
    let edited = |edit: fn(&mut FamilyRecord)| {
        let mut copy = record("codegemma", "");
        edit(&mut copy);
        copy.check().unwrap_err().to_string()
    };
    let fim = |template: &str| {
        let mut copy = record("codegemma", "");
        copy.fim.as_mut().unwrap().template = template.into();
        copy.check().unwrap_err().to_string()
    };
    for (refusal, said) in [
        (edited(|record| record.title = " ".into()), "title"),
        (edited(|record| record.context = 255), "context"),
        (edited(|record| record.routes.clear()), "no way"),
        (edited(|record| record.fim = None), "no template"),
        (edited(|record| record.stop.push(String::new())), "stop"),
        (
            edited(|record| record.variants[0].matches = vec![vec!["7B".into()]]),
            "lower case",
        ),
        (
            edited(|record| record.variants[0].matches.clear()),
            "\"CodeGemma 7b-code\" that has no words",
        ),
        (
            edited(|record| record.variants[0].context = Some(1)),
            "variant \"CodeGemma 7b-code\" that has a context",
        ),
        (fim("<|fim_prefix|>{prefix}"), "{suffix} once each"),
        (fim("{prefix}{suffix}{suffix}"), "{suffix} once each"),
        (fim("{prefix}{suffix}"), "not in its FIM prompt"),
        (
            fim(&("{prefix}{suffix}".to_owned() + &"x".repeat(3_000))),
            "once each",
        ),
    ] {
        assert!(refusal.contains(said), "{said}: {refusal}");
    }
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    for text in ["", "a b", "ä", "x/y"] {
        assert!(text.parse::<Family>().is_err(), "{text:?}");
    }
    assert_eq!(" GPT ".parse::<Family>().unwrap().as_str(), "gpt");
}
