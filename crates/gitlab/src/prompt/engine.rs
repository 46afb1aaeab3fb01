//! Runs a template over values, within bounds of time and size. Reads no file: a template can name
//! nothing but the values.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Template, UndefinedBehavior, Value, filters};

use super::{Part, PromptError};

/// The values of a template by name.
pub(super) type Values = BTreeMap<&'static str, Value>;

/// Steps that a template may take; ours take some thousands.
const FUEL: u64 = 500_000;

/// Bytes that a template may write.
const LONGEST: usize = 8 * 1024 * 1024;

/// The statements that a template may have. Others can double a text with every line.
const STATEMENTS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor"];

/// What a template says with these values.
pub(super) fn run(part: Part, source: &str, values: &Values) -> Result<String, PromptError> {
    let environment = environment();
    let template = compiled(&environment, part, source)?;
    let mut text = Bounded(Vec::new());
    let values = Value::from_pairs(values.iter().map(|(name, value)| (*name, value.clone())));
    template
        .render_captured_to(values, &mut text)
        .map_err(|error| refusal(part, &error))?;
    Ok(String::from_utf8_lossy(&text.0).into_owned())
}

/// The names that a template takes from outside, each with the first line that has it.
pub(super) fn names(part: Part, source: &str) -> Result<BTreeMap<String, usize>, PromptError> {
    let environment = environment();
    let template = compiled(&environment, part, source)?;
    if let Some((line, statement)) = foreign_statement(source) {
        let problem = format!(
            "has \"{statement}\", which prompts do not know: they have {}",
            STATEMENTS.join(", ")
        );
        return Err(PromptError::Template {
            part,
            line: Some(line),
            problem,
        });
    }
    let line_of = |name: &str| {
        let found = source.lines().position(|line| has_word(line, name));
        found.map_or(1, |line| line + 1)
    };
    let names: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
    Ok(names
        .into_iter()
        .map(|name| {
            let line = line_of(&name);
            (name, line)
        })
        .collect())
}

fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::empty();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the marks of the syntax are the usual ones");
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(|out, state, value| {
        // Nothing is an empty text, never the word for it.
        match value.is_none() || value.is_undefined() {
            true => Ok(()),
            false => minijinja::escape_formatter(out, state, value),
        }
    });
    environment.add_filter("trim", filters::trim);
    environment.add_filter("join", filters::join);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("length", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("default", filters::default);
    environment
}

fn compiled<'environment, 'source>(
    environment: &'environment Environment<'source>,
    part: Part,
    source: &'source str,
) -> Result<Template<'environment, 'source>, PromptError> {
    environment
        .template_from_named_str("prompt", source)
        .map_err(|error| refusal(part, &error))
}

fn refusal(part: Part, error: &Error) -> PromptError {
    let detail = error.detail().unwrap_or("cannot be read");
    let problem = match error.kind() {
        ErrorKind::OutOfFuel => "takes too many steps: it would not come to an end".to_owned(),
        ErrorKind::WriteFailure => "becomes longer than 8 MiB".to_owned(),
        ErrorKind::UndefinedError => format!("uses what there is not ({detail})"),
        ErrorKind::UnknownFilter => format!(
            "uses a filter that there is not ({detail}): there are trim, join, lower, upper, \
             length, first, last and default"
        ),
        ErrorKind::SyntaxError => format!("is not a template: {detail}"),
        kind => format!("cannot be used: {kind} ({detail})"),
    };
    PromptError::Template {
        part,
        line: error.line(),
        problem,
    }
}

/// The first statement that prompts do not know, and its line.
fn foreign_statement(source: &str) -> Option<(usize, &str)> {
    source.match_indices("{%").find_map(|(place, _)| {
        let rest = source[place + 2..]
            .trim_start_matches(['-', '+'])
            .trim_start();
        let word = rest
            .split(|letter: char| !letter.is_alphanumeric())
            .next()?;
        let line = source[..place].matches('\n').count() + 1;
        (!STATEMENTS.contains(&word)).then_some((line, word))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|found| found == word)
}

/// Text up to [`LONGEST`]; more is an error.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
