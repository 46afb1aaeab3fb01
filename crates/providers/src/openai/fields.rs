//! A JSON object whose values are not read: each keeps its bytes and its place. Knows no field.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::UpstreamError;

/// The fields of an object, in order. A name that comes twice stays twice.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(String, Cow<'a, RawValue>)>);

impl<'a> Fields<'a> {
    /// The value of a field; the last one counts, as for most parsers.
    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        let (_, value) = self.0.iter().rev().find(|(found, _)| found == name)?;
        Some(value)
    }

    /// Removes a field, however often it is there, and returns its value.
    pub(super) fn remove(&mut self, name: &str) -> Option<Cow<'a, RawValue>> {
        let mut removed = None;
        while let Some(place) = self.0.iter().position(|(found, _)| found == name) {
            removed = Some(self.0.remove(place).1);
        }
        removed
    }

    /// Gives a field another name, unless there is one of that name already; then the old one
    /// goes. Returns whether there was one.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(value) = self.remove(from) else {
            return false;
        };
        if self.get(to).is_none_or(|found| found.get() == "null") {
            self.set(to, value);
        }
        true
    }

    /// Sets a field, in its place or at the end.
    pub(super) fn set(&mut self, name: &str, value: Cow<'a, RawValue>) {
        match self.0.iter_mut().rev().find(|(found, _)| found == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The object as JSON.
    pub(super) fn to_bytes(&self) -> Result<Bytes, UpstreamError> {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .map_err(|error| UpstreamError::Invalid(error.to_string()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            fields.push((name, Cow::Borrowed(value)));
        }
        Ok(Fields(fields))
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value.as_ref())))
    }
}
