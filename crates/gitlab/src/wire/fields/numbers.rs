//! The fields that hold numbers, and yes or no, as widely as pydantic takes them.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::Object;

impl Object<'_> {
    /// A whole number that may be absent. Digits in a string count, as pydantic takes them.
    pub(in crate::wire) fn integer(&mut self, name: &'static str) -> Option<i64> {
        let number = match self.take(name)? {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(digits) => digits.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.flaw(name, "int_type", "Input should be a valid integer");
        }
        number
    }

    /// A whole number within bounds.
    pub(in crate::wire) fn integer_in(
        &mut self,
        name: &'static str,
        bounds: RangeInclusive<i64>,
    ) -> Option<i64> {
        let number = self.integer(name)?;
        if number < *bounds.start() {
            let message = format!(
                "Input should be greater than or equal to {}",
                bounds.start()
            );
            self.flaw(name, "greater_than_equal", message);
        } else if number > *bounds.end() {
            let message = format!("Input should be less than or equal to {}", bounds.end());
            self.flaw(name, "less_than_equal", message);
        }
        bounds.contains(&number).then_some(number)
    }

    /// A whole number that has to be there.
    pub(in crate::wire) fn needed_integer(&mut self, name: &'static str) {
        if self.peek(name).is_some() {
            self.integer(name);
        } else if self.need(name).is_some() {
            self.flaw(name, "int_type", "Input should be a valid integer");
        }
    }

    /// A number from 0 to 1 that may be absent.
    pub(in crate::wire) fn fraction(&mut self, name: &'static str) -> Option<f64> {
        let value = self.take(name)?;
        let number = value.as_f64();
        match number {
            None => self.flaw(name, "float_type", "Input should be a valid number"),
            Some(number) if number < 0.0 => {
                let message = "Input should be greater than or equal to 0";
                self.flaw(name, "greater_than_equal", message);
            }
            Some(number) if number > 1.0 => {
                self.flaw(
                    name,
                    "less_than_equal",
                    "Input should be less than or equal to 1",
                );
            }
            Some(_) => {}
        }
        number
    }

    /// Yes or no; no when it is absent. Takes the words that pydantic takes.
    pub(in crate::wire) fn flag(&mut self, name: &'static str) -> bool {
        let flag = match self.take(name) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(flag),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Some(Value::String(word)) => match word.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            Some(_) => None,
        };
        if flag.is_none() {
            self.flaw(name, "bool_type", "Input should be a valid boolean");
        }
        flag.unwrap_or_default()
    }
}

/// A number without a fraction, such as 2.0.
fn whole(number: f64) -> Option<i64> {
    let is_safe = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole and within 53 bits"
    )]
    is_safe.then_some(number as i64)
}
