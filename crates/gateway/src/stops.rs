//! Cuts an answer at the client's stop texts, where the server was not given them or does not keep
//! them.

/// Looks for stop texts in an answer as it comes.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    texts: Vec<String>,
    /// What may become one of the texts.
    pending: String,
    /// The text that ended the answer, by its place.
    met: Option<usize>,
}

impl Stops {
    /// These texts end the answer; empty ones do not.
    pub(crate) fn new(texts: Vec<String>) -> Self {
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        Self {
            texts: texts.collect(),
            ..Self::default()
        }
    }

    /// The stop text that was met.
    pub(crate) fn met(&self) -> Option<&str> {
        self.met.map(|place| self.texts[place].as_str())
    }

    /// The part of the answer that no stop text can be in any more.
    pub(crate) fn push(&mut self, text: String) -> String {
        if self.texts.is_empty() {
            return text;
        }
        if self.met.is_some() {
            return String::new();
        }
        self.pending.push_str(&text);
        let found = self.texts.iter().enumerate();
        let found = found.filter_map(|(stop, text)| Some((self.pending.find(text)?, stop)));
        if let Some((place, stop)) = found.min() {
            self.met = Some(stop);
            self.pending.truncate(place);
            return std::mem::take(&mut self.pending);
        }
        let rest = self.pending.split_off(self.held_from());
        std::mem::replace(&mut self.pending, rest)
    }

    /// What was held back.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.pending)
    }

    /// Where the longest end begins that may become a stop text.
    fn held_from(&self) -> usize {
        let longest = self.texts.iter().map(String::len).max().unwrap_or(0);
        let from = self.pending.len().saturating_sub(longest);
        let mut places = self.pending.char_indices().map(|(place, _)| place);
        places
            .find(|place| {
                *place >= from
                    && self
                        .texts
                        .iter()
                        .any(|stop| stop.starts_with(&self.pending[*place..]))
            })
            .unwrap_or(self.pending.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stop_text_ends_the_answer_however_it_is_cut() {
        let answer = "aé<br>b</b> c</end> d";
        let stops = ["</end>", "</b>!", ""].map(str::to_owned).to_vec();
        let letters: Vec<char> = answer.chars().collect();
        for size in 1..=letters.len() {
            let mut reader = Stops::new(stops.clone());
            let pieces = letters.chunks(size).map(String::from_iter);
            let mut out: String = pieces.map(|piece| reader.push(piece)).collect();
            out += &reader.finish();
            assert_eq!(
                (out.as_str(), reader.met()),
                ("aé<br>b</b> c", Some("</end>")),
                "{size}"
            );
        }
    }

    #[test]
    fn half_a_stop_text_at_the_end_belongs_to_the_answer() {
        let mut reader = Stops::new(vec!["END".into()]);
        assert_eq!(reader.push("the EN".into()), "the ");
        assert_eq!((reader.finish().as_str(), reader.met()), ("EN", None));
    }
}
