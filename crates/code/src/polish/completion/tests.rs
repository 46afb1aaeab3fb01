use super::*;

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
fn a_suggestion_ends_with_its_block() {
    for (file, text, answer, expected) in [
        (
            "a.py",
            "def f(a):\n    ‸\n\nf(1)\n",
            "b = a\n    return b\n\ndef g():\n    pass",
            "b = a\n    return b",
        ),
        (
            "b.py",
            "def hello_world‸",
            "():\n    print('hi')\n\nhello_world()\n",
            "():\n    print('hi')",
        ),
        (
            "c.py",
            "class A:\n    def f(self):\n        ‸",
            "if self:\n            return 1\n        else:\n            return 2\n\n    def g(self):\n        pass",
            "if self:\n            return 1\n        else:\n            return 2",
        ),
        (
            "a.rb",
            "class A\n  def hello\n    ‸\n  end\nend\n",
            "puts 'hi'\n  end\n\n  def bye\n    puts 'bye'",
            "puts 'hi'",
        ),
        (
            "b.rb",
            "def hello_world‸",
            "\n  puts 'hi'\nend\n\nhello_world\n",
            "\n  puts 'hi'\nend",
        ),
        (
            "a.js",
            "function f(a) {\n  ‸\n}\n\nf(1);\n",
            "const b = a;\n  return b;\n}\n\nfunction g() {\n  return 1;",
            "const b = a;\n  return b;",
        ),
        (
            "b.js",
            "app.get('/', (req, res) => {\n  ‸",
            "res.send('hi');\n});\n\napp.listen(3000);\n",
            "res.send('hi');\n});",
        ),
        (
            "a.ts",
            "class A {\n  f(a: number): number {\n    ‸\n  }\n}\n",
            "return a + 1;\n  }\n\n  g(): void {\n    return;",
            "return a + 1;",
        ),
        (
            "a.tsx",
            "export function View() {\n  ‸",
            "return <div>hi</div>;\n}\n\nexport function Other() {\n  return null;\n}",
            "return <div>hi</div>;\n}",
        ),
        (
            "a.go",
            "package main\n\nfunc add(a, b int) int {\n\t‸\n}\n",
            "c := a + b\n\treturn c\n}\n\nfunc sub(a, b int) int {\n\treturn a - b",
            "c := a + b\n\treturn c",
        ),
        (
            "a.rs",
            "fn add(a: i32, b: i32) -> i32 {\n    ‸\n}\n",
            "let c = a + b;\n    c\n}\n\nfn sub() -> i32 {\n    1",
            "let c = a + b;\n    c",
        ),
        (
            "b.rs",
            "impl A {\n    fn f(&self) {\n        ‸",
            "self.g();\n    }\n\n    fn g(&self) {\n        todo!()\n    }\n}",
            "self.g();\n    }",
        ),
        (
            "A.java",
            "class A {\n    int f(int a) {\n        ‸\n    }\n}\n",
            "return a;\n    }\n\n    int g() {\n        return 2;",
            "return a;",
        ),
        (
            "a.c",
            "#include <stdio.h>\n\nint main(void) {\n    ‸\n}\n",
            "printf(\"hi\\n\");\n    return 0;\n}\n\nint other(void) {\n    return 1;",
            "printf(\"hi\\n\");\n    return 0;",
        ),
        (
            "a.cpp",
            "namespace n {\nclass A {\n public:\n  int f() {\n    ‸\n  }\n};\n}\n",
            "return x_;\n  }\n\n  int g() {\n    return 1;",
            "return x_;",
        ),
        (
            "a.cs",
            "class A\n{\n    int F(int a)\n    {\n        ‸\n    }\n}\n",
            "return a;\n    }\n\n    int G()\n    {\n        return 2;",
            "return a;",
        ),
        (
            "a.php",
            "<?php\n\nfunction f($a) {\n    ‸\n}\n",
            "return $a + 1;\n}\n\nfunction g() {\n    return 2;",
            "return $a + 1;",
        ),
        (
            "a.kt",
            "class A {\n    fun f(a: Int): Int {\n        ‸\n    }\n}\n",
            "return a + 1\n    }\n\n    fun g(): Int {\n        return 2",
            "return a + 1",
        ),
        (
            "a.scala",
            "object A {\n  def f(a: Int): Int = {\n    ‸\n  }\n}\n",
            "a + 1\n  }\n\n  def g(): Int = {\n    2",
            "a + 1",
        ),
    ] {
        assert_eq!(fim(file, text, answer), expected, "{file}");
    }
}

#[test]
fn a_good_answer_stays_as_it_is() {
    for (file, text, answer) in [
        (
            "a.py",
            "def f(a):\n    if a:\n        ‸\n    return 3\n",
            "return 1\n    elif a is None:\n        return 2",
        ),
        ("b.py", "x = ‸\n", "1\ny = 2\n\nprint(x + y)"),
        (
            "c.py",
            "import os\n\n‸",
            "def f():\n    return 1\n\n\ndef g():\n    return 2",
        ),
        (
            "d.py",
            "def f(a):\n    sql = ‸\n",
            "\"\"\"\nSELECT *\nFROM a\n\"\"\"\n    return run(sql)",
        ),
        (
            "e.py",
            "def f(a):\n    ‸",
            "try:\n        return a()\n    except ValueError:\n        return None\n    finally:\n        done()",
        ),
        ("f.py", "print(‸)\n", "foo(x)"),
        (
            "a.rb",
            "def f\n  ‸\nend\n",
            "[1, 2].each do |x|\n    puts x\n  end",
        ),
        ("b.rb", "‸", "class A\n  def f\n    1 if true\n  end\nend"),
        (
            "a.js",
            "const a = ‸;\n",
            "b.map((x) => {\n  return x + 1;\n})",
        ),
        (
            "b.js",
            "function f(a) {\n  if (a) {\n    ‸\n  }\n}\n",
            "return 1;\n  } else {\n    return 2;",
        ),
        (
            "c.js",
            "function f(a) {\n  const t = ‸\n}\n",
            "`\n}\nfoo\n`;\n  return t;",
        ),
        (
            "a.ts",
            "export const a: A = {\n  b: 1,\n  ‸\n};\n",
            "c: { d: 2 },\n  e: [3],",
        ),
        (
            "a.go",
            "func f() error {\n\t‸\n}\n",
            "if err := g(); err != nil {\n\t\treturn err\n\t}\n\treturn nil",
        ),
        (
            "a.rs",
            "fn f() {\n    ‸\n}\n",
            "match a {\n        Some(b) => b,\n        None => {\n            1\n        }\n    }",
        ),
        (
            "b.rs",
            "fn f() {\n    x‸\n",
            ".iter()\n        .map(|a| a + 1)\n        .collect::<Vec<_>>()\n}",
        ),
        (
            "A.java",
            "class A {\n    ‸\n}\n",
            "private int a;\n\n    int f() {\n        return a;\n    }\n\n    int g() {\n        return 2;\n    }",
        ),
        (
            "a.c",
            "int f(int a)\n{\n    ‸\n}\n",
            "if (a)\n    {\n        return 1;\n    }\n    else\n    {\n        return 2;\n    }",
        ),
        (
            "b.c",
            "int f(int a) {\n    if (a) {\n        ‸",
            "do {\n            a--;\n        } while (a);\n    } else {\n        a++;\n    }",
        ),
        (
            "a.cpp",
            "template <typename T>\nT f(T a) {\n  ‸\n}\n",
            "auto g = [&](int b) {\n    return b;\n  };\n  return g(a);",
        ),
        (
            "a.cs",
            "class A\n{\n    public int B { ‸ }\n}\n",
            "get; set;",
        ),
        (
            "a.php",
            "<?php\nclass A {\n    ‸\n}\n",
            "public function f() {\n        return [1, 2];\n    }",
        ),
        (
            "a.kt",
            "fun f() {\n    ‸\n}\n",
            "listOf(1).forEach {\n        println(it)\n    }",
        ),
        (
            "a.scala",
            "object A {\n  ‸\n}\n",
            "def f(a: Int): Int = a match {\n    case 1 => 2\n    case _ => 3\n  }",
        ),
        ("notes.txt", "Dear ‸", "friend,\n\nhow are you?\n\nYours"),
        ("a.py", "def f(a, ‸, c):\n    pass\n", "b"),
        ("a.py", "x = max(‸)\n", "(a), (b)"),
        ("a.rs", "// The crab 🦀 ‸\n", "walks — sideways 🦀"),
    ] {
        assert_eq!(fim(file, text, answer), answer, "{file} {text}");
    }
}

#[test]
fn nothing_is_repeated_from_the_suffix() {
    for (file, text, answer, expected) in [
        ("a.js", "f(‸);\n", "a, b);", "a, b"),
        ("a.js", "f(‸);\n", "g(a), b);\n", "g(a), b"),
        ("a.py", "x = \"‸\"\n", "hello\"", "hello"),
        (
            "a.rs",
            "fn f() {\n    ‸\n}\n",
            "if a {\n        b();\n    }\n}",
            "if a {\n        b();\n    }",
        ),
        (
            "a.rs",
            "fn f() {\n    ‸\n    c();\n}\n",
            "a();\n    b();\n    c();\n}",
            "a();\n    b();",
        ),
        ("a.rb", "def f\n  ‸\nend\n", "puts 1\nend", "puts 1"),
        ("a.rb", "def f\n  ‸\n  done\nend\n", "a if b\nend", "a if b"),
        (
            "a.py",
            "def f():\n    a = 1\n    ‸\n    return a + b\n",
            "b = 2\n    return a + b\n",
            "b = 2",
        ),
        (
            "a.go",
            "func f() {\n\t‸\n\treturn\n}\n",
            "a()\n    return",
            "a()",
        ),
        ("a.txt", "one ‸\nthree\n", "two\nthree\n", "two"),
        ("a.txt", "a (‸)", "b)", "b"),
        ("a.txt", "y = ‸x", "max", "max"),
        (
            "a.java",
            "class A {\n  void f() {\n    ‸\n    c();\n  }\n}\n",
            "b();\n  }",
            "b();",
        ),
        ("a.js", "function f() {\n  ‸\n}\n", "}\n", ""),
        (
            "a.py",
            "import a\n‸\n\n\ndef f(first, second):\n    third = first + second\n    fourth = third * 2\n    if fourth > first:\n        fourth = first\n    print('the fourth number of them is', fourth)\n    return fourth\n",
            "import b\n\n\ndef f(first, second):\n    third = first + second\n    fourth = third * 2\n    if fourth > first:\n        fourth = first\n    print('the fourth number of them is', fourth)\n    return third\n",
            "import b",
        ),
    ] {
        assert_eq!(fim(file, text, answer), expected, "{text} {answer}");
    }
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
