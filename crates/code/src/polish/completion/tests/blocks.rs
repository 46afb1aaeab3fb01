//! Where a suggestion ends, and where it does not.

use super::fim;

#[test]
fn a_suggestion_ends_with_its_block() {
    for (file, text, answer, expected) in [
        (
            "a.py",
            "def f(a):\n    ‸\n",
            "b = 2\n# next\ndef g():\n    pass",
            "b = 2",
        ),
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
            "def f():\n    try:\n        a()\n    ‸\n",
            "except E:\n        b()\n    return c",
        ),
        ("a.txt", "x {\n‸\n}\n", "if a {\n  b\n}"),
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
