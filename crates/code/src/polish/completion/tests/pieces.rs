//! However an answer comes: in any pieces, of any length.

use super::*;

/// What answers are made of that is cut, held back or mended.
const PARTS: &[&str] = &[
    "a",
    " b",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "}",
    "{",
    "(",
    ")",
    "end",
    ";",
    ",",
    "x = 1",
    "return x",
    "else",
    "else:",
    "def f():",
    "fn f() {",
    "function f() {",
    "\n}\n",
    "\n    }\n",
    "#",
    "# c",
    "//",
    "// c",
    "```",
    "```py\n",
    "`",
    "<|fim_middle|>",
    "<|fim",
    "<think>",
    "</think>",
    "<\u{200b}|im_end|>",
    "\r\n",
    "\r",
    "🦀",
    "é",
    "\u{fffd}",
    "*****",
    "\"\"\"",
    "'",
    "<CURSOR>",
    "Here is",
    "if x:",
];

const PLACES: &[(&str, &str)] = &[
    (
        "a.py",
        "def f(a):\n    x = 1\n    ‸\n    return x\n\n\ndef g():\n    pass\n",
    ),
    ("a.py", "‸"),
    (
        "a.rs",
        "impl A {\n    fn f() {\n        ‸\n    }\n}\n// <|im_end|>\n",
    ),
    ("a.js", "function f() {\r\n    ‸"),
    ("a.rb", "def f\n  ‸\n  x = 1\nend\n"),
    ("a.txt", "a (‸) b"),
    ("a.md", "# A\n‸"),
];

#[test]
fn the_text_is_the_same_whatever_the_pieces() {
    // The numbers of Knuth's MMIX: any that repeat do.
    let mut seed = 7_u64;
    let mut any = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for round in 0..150 {
        let (file, text) = PLACES[any(PLACES.len())];
        let answer: String = (0..1 + any(14)).map(|_| PARTS[any(PARTS.len())]).collect();
        let route = [CompletionRoute::RawFim, CompletionRoute::Chat][any(2)];
        let family = family(["qwen", "general", "codellama"][any(3)]);
        let gap = at(file, text);
        let letters: Vec<char> = answer.chars().collect();
        let mut with = |most: usize| {
            let mut completion = Completion::new(&gap, &family, route);
            let (mut given, mut rest) = (String::new(), &letters[..]);
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((1 + any(most)).min(rest.len()));
                given.push_str(&completion.push(&piece.iter().collect::<String>()));
                rest = after;
            }
            let (last, notes) = completion.finish();
            (given + &last, notes)
        };
        let whole = {
            let mut completion = Completion::new(&gap, &family, route);
            let given = completion.push(&answer);
            let (last, notes) = completion.finish();
            (given + &last, notes)
        };
        for most in [1, 2, 6] {
            assert_eq!(
                with(most),
                whole,
                "{round}: {file} {text:?} {route:?} {answer:?}"
            );
        }
    }
}

#[test]
fn a_long_answer_takes_time_in_proportion() {
    let time = |text: &str, answer: &str| {
        let gap = at("a.js", text);
        let mut completion = Completion::new(&gap, &family("qwen"), CompletionRoute::Chat);
        let begun = std::time::Instant::now();
        for piece in answer.as_bytes().chunks(4) {
            completion.push(&String::from_utf8_lossy(piece));
        }
        completion.finish();
        begun.elapsed()
    };
    let nested = format!("{}‸", "(".repeat(60_000));
    for (text, answer) in [
        ("function f() {\n‸\n}", "a();\n".repeat(10_000)),
        ("function f() {\n‸\n}", " ".repeat(64_000)),
        ("function f() {\n‸\n}", "}\n".repeat(32_000)),
        ("function f() {\n‸\n}", "// x\n".repeat(13_000)),
        ("function f() {\n‸\n}", "<|fim".repeat(13_000)),
        ("‸", "`".repeat(64_000)),
        (nested.as_str(), "{\n".repeat(32_000)),
    ] {
        let took = time(text, &answer);
        println!("{took:?} for {:?}", &answer[..4]);
        assert!(took.as_secs() < 20, "{took:?} for {:?}", &answer[..4]);
    }
}
