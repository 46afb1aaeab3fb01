//! What a prompt is handed by name, as the table declares it. Reads no request.

/// What a request hands in by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name in the request and in the templates.
    pub name: &'static str,
    /// Whether a request without it is refused. One that is null counts as empty.
    pub is_required: bool,
    /// What it is.
    pub kind: InputKind,
}

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A text.
    Text,
    /// Texts.
    List,
    /// Things with these texts.
    Records(&'static [&'static str]),
}

const fn input(name: &'static str, is_required: bool, kind: InputKind) -> Input {
    Input {
        name,
        is_required,
        kind,
    }
}

pub(super) const fn needed(name: &'static str) -> Input {
    input(name, true, InputKind::Text)
}

pub(super) const fn text(name: &'static str) -> Input {
    input(name, false, InputKind::Text)
}

pub(super) const fn list(name: &'static str) -> Input {
    input(name, false, InputKind::List)
}

pub(super) const fn needed_records(name: &'static str, fields: &'static [&'static str]) -> Input {
    input(name, true, InputKind::Records(fields))
}

pub(super) const fn records(name: &'static str, fields: &'static [&'static str]) -> Input {
    input(name, false, InputKind::Records(fields))
}
