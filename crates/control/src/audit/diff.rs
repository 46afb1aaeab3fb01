//! What is different between two settings, place by place, and how a place is put back. Knows no
//! file and no words.

use domain::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why a value is not kept as it was, so that it cannot be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lost {
    /// It is a key or stands for one.
    Secret,
    /// A redaction rule replaced a part of it.
    Redacted,
    /// It is too long to be kept.
    TooLong,
}

/// One place that is different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Where it is, for people.
    pub(crate) path: String,
    /// The keys on the way to it; an entry of a list by its id or name.
    pub(crate) place: Vec<String>,
    /// Its value before, if there was one.
    pub(crate) before: Option<Value>,
    /// Its value since, if there is one.
    pub(crate) after: Option<Value>,
    /// The two values in words, where the values alone say little.
    #[serde(default)]
    pub(crate) shown: [Option<String>; 2],
    /// Where the entry of a list was that is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<usize>,
    /// Why it cannot be put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<Lost>,
}

/// Settings as they are compared: every section written out, keys and digests left out.
pub(crate) fn document(settings: &Settings) -> Value {
    let mut document = raw(settings);
    for model in list(&mut document, "models") {
        let has_key = model.shift_remove("has_key");
        if has_key.is_some_and(|has_key| has_key == Value::Bool(true)) {
            model.insert(KEY.into(), "stored".into());
        }
    }
    for key in list(&mut document, "client_keys") {
        key.shift_remove("digest");
    }
    document
}

/// What stands for a model's key.
pub(crate) const KEY: &str = "key";

/// Every section written out, also those that the file leaves out while nobody changed them.
fn raw(settings: &Settings) -> Value {
    let value = |section: serde_json::Result<Value>| section.expect("keys are texts");
    let mut document = value(serde_json::to_value(settings));
    let sections = [
        ("prompts", serde_json::to_value(&settings.prompts)),
        ("log", serde_json::to_value(&settings.log)),
        ("views", serde_json::to_value(&settings.views)),
        ("recording", serde_json::to_value(&settings.recording)),
        ("log_files", serde_json::to_value(&settings.log_files)),
        ("redaction", serde_json::to_value(&settings.redaction)),
    ];
    for (name, section) in sections {
        document[name] = value(section);
    }
    for (model, of) in list(&mut document, "models").zip(&settings.models) {
        model.insert("self_hosted".into(), of.self_hosted.into());
    }
    document
}

fn list<'d>(
    document: &'d mut Value,
    name: &str,
) -> impl Iterator<Item = &'d mut Map<String, Value>> {
    let entries = document.get_mut(name).and_then(Value::as_array_mut);
    entries
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// What tells the entries of the list at this place apart; none where there is no such list.
fn name_of_entries(place: &[String]) -> Option<&'static str> {
    let place: Vec<_> = place.iter().map(String::as_str).collect();
    match place[..] {
        ["models" | "client_keys"] => Some("id"),
        ["families" | "views"] | ["redaction", "own"] => Some("name"),
        _ => None,
    }
}

/// How many keys lead to a single setting: what is below belongs together.
fn depth(place: &[String]) -> usize {
    match place.first().map(String::as_str) {
        Some("models" | "redaction") => 4,
        Some("families" | "views" | "client_keys" | "prompts") => 3,
        _ => 2,
    }
}

/// Every place where `after` is different from `before`.
pub(crate) fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    walk(Some(before), Some(after), &mut Vec::new(), &mut found);
    found
}

fn walk(
    before: Option<&Value>,
    after: Option<&Value>,
    place: &mut Vec<String>,
    found: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    let leaf = |index| {
        let lost = is_secret(place).then_some(Lost::Secret);
        Change {
            path: String::new(),
            place: place.clone(),
            before: before.cloned(),
            after: after.cloned(),
            shown: [None, None],
            index,
            lost,
        }
    };
    match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(other))) if place.len() < depth(place) => {
            let gone = one.keys().filter(|key| !other.contains_key(*key));
            for key in other.keys().chain(gone) {
                place.push(key.clone());
                walk(one.get(key), other.get(key), place, found);
                place.pop();
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            match name_of_entries(place)
                .and_then(|name| Some((named(one, name)?, named(other, name)?)))
            {
                Some((one, other)) if keeps_order(&one, &other) => {
                    walk_entries(&one, &other, place, found);
                }
                _ => found.push(leaf(None)),
            }
        }
        _ => found.push(leaf(None)),
    }
}

fn walk_entries(
    one: &[(&str, &Value)],
    other: &[(&str, &Value)],
    place: &mut Vec<String>,
    found: &mut Vec<Change>,
) {
    let of =
        |entries: &[(&str, &Value)], name: &str| entries.iter().position(|entry| entry.0 == name);
    let gone = one.iter().filter(|entry| of(other, entry.0).is_none());
    for (name, _) in other.iter().chain(gone) {
        place.push((*name).to_owned());
        let (was, is) = (of(one, name), of(other, name));
        let first = found.len();
        walk(
            was.map(|at| one[at].1),
            is.map(|at| other[at].1),
            place,
            found,
        );
        if is.is_none() {
            found[first..]
                .iter_mut()
                .for_each(|change| change.index = was);
        }
        // The digest of a client key is gone with it.
        if is.is_none() && place[0] == "client_keys" {
            found[first..]
                .iter_mut()
                .for_each(|change| change.lost = Some(Lost::Secret));
        }
        place.pop();
    }
}

/// The entries by name; none when two have the same, or one has none.
fn named<'v>(entries: &'v [Value], name: &str) -> Option<Vec<(&'v str, &'v Value)>> {
    let named: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.get(name)?.as_str()?, entry)))
        .collect::<Option<_>>()?;
    let is_twice =
        |(at, entry): (usize, &(&str, _))| named[..at].iter().any(|other| other.0 == entry.0);
    (!named.iter().enumerate().any(is_twice)).then_some(named)
}

/// Whether the entries that both have stand in the same order.
fn keeps_order(one: &[(&str, &Value)], other: &[(&str, &Value)]) -> bool {
    let both = |entries: &[(&str, _)], others: &[(&str, _)]| -> Vec<String> {
        let stays = entries
            .iter()
            .filter(|entry| others.iter().any(|other| other.0 == entry.0));
        stays.map(|entry| entry.0.to_owned()).collect()
    };
    both(one, other) == both(other, one)
}

fn is_secret(place: &[String]) -> bool {
    place.len() == 3 && place[0] == "models" && place[2] == KEY
}

/// The value at a place.
pub(crate) fn get<'v>(document: &'v Value, place: &[String]) -> Option<&'v Value> {
    (0..place.len()).try_fold(document, |value, at| match value {
        Value::Array(entries) => {
            let name = name_of_entries(&place[..at])?;
            entries
                .iter()
                .find(|entry| entry[name] == place[at].as_str())
        }
        value => value.get(&place[at]),
    })
}

/// Settings with the values that these places had before. The error is the place that is not there.
pub(crate) fn put_back(settings: &Settings, changes: &[Change]) -> Result<Settings, String> {
    let mut document = raw(settings);
    for change in changes.iter().filter(|change| change.lost.is_none()) {
        put(&mut document, change).ok_or_else(|| change.path.clone())?;
    }
    serde_json::from_value(document).map_err(|error| error.to_string())
}

fn put(document: &mut Value, change: &Change) -> Option<()> {
    let (last, way) = change.place.split_last()?;
    let mut parent = document;
    for at in 0..way.len() {
        parent = match parent {
            Value::Array(entries) => {
                let name = name_of_entries(&way[..at])?;
                entries
                    .iter_mut()
                    .find(|entry| entry[name] == way[at].as_str())?
            }
            parent => parent.get_mut(&way[at])?,
        };
    }
    let mut value = change.before.clone();
    if let Some(model) = value.as_mut().and_then(Value::as_object_mut)
        && way == ["models"]
    {
        model.shift_remove(KEY);
    }
    match parent {
        Value::Array(entries) => {
            let name = name_of_entries(way)?;
            let found = entries
                .iter()
                .position(|entry| entry[name] == last.as_str());
            match (found, value) {
                (Some(at), Some(value)) => entries[at] = value,
                (Some(at), None) => drop(entries.remove(at)),
                (None, Some(value)) => {
                    entries.insert(
                        change.index.unwrap_or(entries.len()).min(entries.len()),
                        value,
                    );
                }
                (None, None) => {}
            }
        }
        Value::Object(map) => match value {
            Some(value) => drop(map.insert(last.clone(), value)),
            None => drop(map.shift_remove(last)),
        },
        _ => return None,
    }
    Some(())
}
