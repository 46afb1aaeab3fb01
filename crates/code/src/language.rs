//! The programming languages that Gatehouse knows: their names on the wire, how a file is one of
//! them, and how they mark comments. Parses nothing.

/// A programming language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// C.
    C,
    /// C++.
    Cpp,
    /// C#.
    CSharp,
    /// Go.
    Go,
    /// Java.
    Java,
    /// JavaScript, with JSX.
    JavaScript,
    /// Kotlin.
    Kotlin,
    /// PHP.
    Php,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
    /// Scala.
    Scala,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
}

/// What is known of a language: its name, the ends of file names, the ids that editors use.
type Row = (
    Language,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// All languages.
const LANGUAGES: &[Row] = &[
    (Language::C, "c", &["c", "h"], &["c"]),
    (
        Language::Cpp,
        "cpp",
        &[
            "cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ino", "cu", "cuh",
        ],
        &["cpp", "cuda-cpp", "c++"],
    ),
    (
        Language::CSharp,
        "csharp",
        &["cs", "csx"],
        &["csharp", "c#"],
    ),
    (Language::Go, "go", &["go"], &["go", "golang"]),
    (Language::Java, "java", &["java"], &["java"]),
    (
        Language::JavaScript,
        "js",
        &["js", "jsx", "mjs", "cjs"],
        &["javascript", "javascriptreact", "js", "jsx"],
    ),
    (Language::Kotlin, "kotlin", &["kt", "kts"], &["kotlin"]),
    (
        Language::Php,
        "php",
        &["php", "php3", "php4", "php5", "phps", "phtml"],
        &["php"],
    ),
    (
        Language::Python,
        "python",
        &["py", "pyi", "pyw", "py3"],
        &["python"],
    ),
    (
        Language::Ruby,
        "ruby",
        &["rb", "rake", "gemspec", "ru", "rbw", "gemfile", "rakefile"],
        &["ruby"],
    ),
    (Language::Rust, "rust", &["rs"], &["rust"]),
    (
        Language::Scala,
        "scala",
        &["scala", "sc", "sbt"],
        &["scala"],
    ),
    (
        Language::TypeScript,
        "ts",
        &["ts", "mts", "cts"],
        &["typescript", "ts"],
    ),
    (Language::Tsx, "ts", &["tsx"], &["typescriptreact", "tsx"]),
];

impl Language {
    /// The language of a file: by the end of its name, else by the editor's id.
    pub fn of(file_name: &str, editor_id: Option<&str>) -> Option<Self> {
        Self::of_file(file_name).or_else(|| Self::of_editor(editor_id?))
    }

    /// The language of a file, by the end of its name in any case; `Gemfile` and `Rakefile` count.
    pub fn of_file(name: &str) -> Option<Self> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let end = base.rsplit('.').next().unwrap_or(base).to_lowercase();
        if !base.contains('.') && !["gemfile", "rakefile"].contains(&end.as_str()) {
            return None;
        }
        find(|(_, _, ends, _)| ends.contains(&end.as_str()))
    }

    /// The language that an editor names by its id (those of the Language Server Protocol), in any
    /// case.
    pub fn of_editor(id: &str) -> Option<Self> {
        let id = id.trim().to_lowercase();
        find(|(_, _, _, ids)| ids.contains(&id.as_str()))
    }

    /// The name on the wire, in lower case, as GitLab's gateway writes it into `lang`.
    pub fn name(self) -> &'static str {
        LANGUAGES
            .iter()
            .find(|(language, ..)| *language == self)
            .map(|(_, name, ..)| *name)
            .expect("every language has a row")
    }

    /// What begins a comment that runs to the end of the line.
    pub fn line_comments(self) -> &'static [&'static str] {
        match self {
            Self::Python | Self::Ruby => &["#"],
            Self::Php => &["//", "#"],
            _ => &["//"],
        }
    }

    /// Whether a line is nothing but a comment to its end. A line of a block comment is not.
    pub fn is_comment(self, line: &str) -> bool {
        let line = line.trim_start();
        self.line_comments()
            .iter()
            .any(|mark| line.starts_with(mark) && !line.starts_with("#["))
    }

    /// Whether a comment describes the code below it, or tells a tool something.
    pub fn is_documentation(self, line: &str) -> bool {
        let line = line.trim_start();
        ["///", "//!", "#!", "##"]
            .iter()
            .any(|mark| line.starts_with(mark))
    }
}

fn find(is_it: impl Fn(&Row) -> bool) -> Option<Language> {
    LANGUAGES
        .iter()
        .find(|row| is_it(row))
        .map(|(language, ..)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_the_file_then_by_the_editor() {
        for (file, editor, name) in [
            ("test.rb", None, "ruby"),
            ("src/Main.JAVA", None, "java"),
            ("a\\b\\Rakefile", None, "ruby"),
            ("view.tsx", Some("typescript"), "ts"),
            ("archive.tar.py", Some("ruby"), "python"),
            ("script", Some("Python"), "python"),
            ("x.kts", None, "kotlin"),
            ("x.cs", None, "csharp"),
            ("x.c", None, "c"),
            ("x.h", Some("cpp"), "c"),
            ("x.php", None, "php"),
            ("x.mjs", None, "js"),
        ] {
            let language = Language::of(file, editor);
            assert_eq!(language.map(Language::name), Some(name), "{file}");
        }
        for (file, editor) in [("py", None), ("notes.md", None), ("", Some("plaintext"))] {
            assert_eq!(Language::of(file, editor), None, "{file}");
        }
    }

    #[test]
    fn every_language_has_one_row() {
        for (index, (language, name, ..)) in LANGUAGES.iter().enumerate() {
            assert_eq!(language.name(), *name);
            let again = LANGUAGES.iter().position(|(other, ..)| other == language);
            assert_eq!(again, Some(index));
        }
    }
}
