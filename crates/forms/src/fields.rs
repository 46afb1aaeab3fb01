//! Takes the fields of a JSON object out by name and type, and says where one is wrong. Knows no
//! form.

use serde_json::{Map, Value};

use crate::FormError;

/// The longest word of a client that an error repeats, in characters.
const LONGEST_QUOTE: usize = 60;

/// A JSON object whose fields are taken out one by one. A field that is null counts as absent.
pub(crate) struct Fields {
    /// Where the object is in the request, such as `messages[2]`; empty for the request itself.
    place: String,
    left: Map<String, Value>,
}

impl Fields {
    /// The request itself.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, FormError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(left)) => Ok(Self {
                place: String::new(),
                left,
            }),
            Ok(_) => Err(FormError::Malformed("it is not a JSON object".into())),
            Err(error) => Err(FormError::Malformed(format!("it is not JSON: {error}"))),
        }
    }

    /// The objects of a list that stands at a place.
    pub(crate) fn list(place: &str, value: Value) -> Result<Vec<Self>, FormError> {
        let Value::Array(items) = value else {
            return Err(malformed(place, "must be a list"));
        };
        let items = items.into_iter().enumerate();
        items
            .map(|(index, item)| Self::of(format!("{place}[{index}]"), item))
            .collect()
    }

    /// An object that stands at a place.
    pub(crate) fn of(place: String, value: Value) -> Result<Self, FormError> {
        match value {
            Value::Object(left) => Ok(Self { place, left }),
            _ => Err(malformed(&place, "must be an object")),
        }
    }

    /// Where a field is in the request.
    pub(crate) fn place(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }

    /// What is wrong with a field.
    pub(crate) fn malformed(&self, name: &str, why: &str) -> FormError {
        malformed(&self.place(name), why)
    }

    /// Says that a word in a field asks for what is not served.
    pub(crate) fn not_served(&self, name: &str, word: &str) -> FormError {
        FormError::NotServed(format!("{} {}", self.place(name), quote(word)))
    }

    /// Copies of the fields with these names that are there.
    pub(crate) fn copy(&self, names: &[&str]) -> Map<String, Value> {
        let present = names.iter().filter_map(|name| {
            let value = self.left.get(*name).filter(|value| !value.is_null())?;
            Some(((*name).to_owned(), value.clone()))
        });
        present.collect()
    }

    /// Any value.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        // What is left keeps its order.
        self.left
            .shift_remove(name)
            .filter(|value| !value.is_null())
    }

    /// A string.
    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, FormError> {
        self.typed(name, "must be a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A string that has to be there.
    pub(crate) fn needed_string(&mut self, name: &str) -> Result<String, FormError> {
        self.string(name)?
            .ok_or_else(|| self.malformed(name, "is missing"))
    }

    /// A number.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<f64>, FormError> {
        self.typed(name, "must be a number", |value| value.as_f64())
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, FormError> {
        self.typed(name, "must be a whole number", |value| value.as_i64())
    }

    /// How many of something.
    pub(crate) fn count(&mut self, name: &str) -> Result<Option<u32>, FormError> {
        self.typed(
            name,
            "must be a whole number from 0 to 4294967295",
            |value| value.as_u64().and_then(|count| count.try_into().ok()),
        )
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, FormError> {
        self.typed(name, "must be true or false", |value| value.as_bool())
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, FormError> {
        let place = self.place(name);
        self.take(name)
            .map(|value| Self::of(place, value))
            .transpose()
    }

    /// An object that has to be there.
    pub(crate) fn needed_object(&mut self, name: &str) -> Result<Self, FormError> {
        self.object(name)?
            .ok_or_else(|| self.malformed(name, "is missing"))
    }

    /// A list of objects; empty when it is absent.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Self>, FormError> {
        let place = self.place(name);
        match self.take(name) {
            Some(value) => Self::list(&place, value),
            None => Ok(Vec::new()),
        }
    }

    /// One string or a list of them; empty when it is absent.
    pub(crate) fn strings(&mut self, name: &str) -> Result<Vec<String>, FormError> {
        let texts = self.typed(
            name,
            "must be a string or a list of strings",
            |value| match value {
                Value::String(text) => Some(vec![text]),
                Value::Array(items) => items
                    .into_iter()
                    .map(|item| match item {
                        Value::String(text) => Some(text),
                        _ => None,
                    })
                    .collect(),
                _ => None,
            },
        )?;
        Ok(texts.unwrap_or_default())
    }

    /// The fields that nobody took.
    pub(crate) fn rest(mut self) -> Map<String, Value> {
        self.left.retain(|_, value| !value.is_null());
        self.left
    }

    fn typed<T>(
        &mut self,
        name: &str,
        rule: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, FormError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(self.malformed(name, rule)),
            },
        }
    }
}

/// What is wrong at a place.
pub(crate) fn malformed(place: &str, why: &str) -> FormError {
    FormError::Malformed(format!("{place}: {why}"))
}

/// A word of a client in quotation marks, cut when it is long.
pub(crate) fn quote(word: &str) -> String {
    format!("\"{}\"", providers::cut(word, LONGEST_QUOTE))
}
