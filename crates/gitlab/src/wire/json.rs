//! Reads a body as JSON: at most 128 levels deep, no key twice. Knows no field.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Flaw, Part};

/// The object that a body is.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Flaw> {
    if body.trim_ascii().is_empty() {
        return Err(flaw("missing", "Field required".to_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Strict(Value::Object(fields))) => Ok(fields),
        Ok(_) => Err(flaw(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from".to_owned(),
        )),
        // The words are of the syntax and never of the content.
        Err(error) => Err(flaw("json_invalid", format!("JSON decode error: {error}"))),
    }
}

fn flaw(kind: &'static str, message: String) -> Flaw {
    let place = vec![Part::Name("body")];
    Flaw {
        kind,
        place,
        message,
    }
}

/// A value whose objects have no key twice: programs differ in which of two they take.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if fields.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in an object"));
            }
        }
        Ok(fields.into())
    }
}
