//! What a model costs, as far as the admin says it. Knows no bill and no currency but one.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::DomainError;

/// The most that a million tokens may cost: more is a slip of the keyboard.
const MOST: f64 = 1_000_000.0;

/// A price as an admin enters it, in US dollars for a million tokens; not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PriceDraft {
    /// Of prompts.
    pub input: f64,
    /// Of answers.
    pub output: f64,
}

/// A price in US dollars for a million tokens: two numbers from 0 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PriceDraft", into = "PriceDraft")]
pub struct Price(PriceDraft);

impl Price {
    /// What so many tokens cost, in US dollars.
    pub fn of(&self, prompt_tokens: u32, answer_tokens: u32) -> f64 {
        let PriceDraft { input, output } = self.0;
        (input * f64::from(prompt_tokens) + output * f64::from(answer_tokens)) / 1e6
    }
}

impl TryFrom<PriceDraft> for Price {
    type Error = DomainError;

    fn try_from(draft: PriceDraft) -> Result<Self, DomainError> {
        // Not a number is in no range.
        let is_price = |number: f64| (0.0..=MOST).contains(&number);
        match is_price(draft.input) && is_price(draft.output) {
            true => Ok(Self(draft)),
            false => Err(DomainError::Price),
        }
    }
}

impl From<Price> for PriceDraft {
    fn from(price: Price) -> Self {
        price.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_two_numbers_that_can_be_paid() {
        let price = |input, output| Price::try_from(PriceDraft { input, output });
        let cost = price(0.25, 2.0).unwrap().of(4_000_000, 500_000);
        assert!((cost - 2.0).abs() < 1e-12, "{cost}");
        assert!(price(0.0, 0.0).is_ok());
        for (input, output) in [
            (-0.1, 1.0),
            (1.0, f64::NAN),
            (f64::INFINITY, 1.0),
            (1.0, 1e7),
        ] {
            assert_eq!(
                price(input, output),
                Err(DomainError::Price),
                "{input} {output}"
            );
        }
    }
}
