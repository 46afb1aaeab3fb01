//! Replaces what must not be written down: keys, tokens, addresses and what the admin's own
//! patterns find, in texts and in bytes that are none. Decides nothing about what is written where.

mod json;
mod rules;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use domain::{RedactionSettings, Settings};
use gateway::{Accepted, Outcome, Routed};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};
use sha2::{Digest, Sha256};

/// What stands where something was replaced.
pub(crate) const MARK: &str = "[REDACTED]";

/// What all expressions together may take in memory, in bytes.
const ANY_BYTES: usize = 16 * 1024 * 1024;

/// What stands in escapes in a part of an address.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ');

/// A rule that is applied.
#[derive(Debug)]
struct Rule {
    name: String,
    regexes: Vec<Regex>,
}

/// The rules of now, and the names that the admin gave and that stay.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    rules: Vec<Rule>,
    /// All expressions at once: most texts hold nothing, and are read once to know it. None where
    /// they are too many for that.
    any: Option<RegexSet>,
    /// The rule that replaces what stands in fields for keys, when it is on.
    key_fields: Option<usize>,
    /// The names of client keys, each with a digest of it.
    clients: HashMap<String, String>,
    /// Whether there are patterns of the admin's own.
    has_own: bool,
}

impl Redaction {
    /// By these settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let anonymous: fn(&str, &str) -> _ = |name: &str, digest: &str| {
            // Of a random key, so nobody can guess it back, and the same after a restart.
            let digest = Sha256::digest(format!("log:{digest}"));
            let text = digest[..8].iter().map(|byte| format!("{byte:02x}"));
            (name.to_owned(), text.collect())
        };
        let keys = settings.client_keys.iter();
        Self {
            clients: keys
                .map(|key| anonymous(key.name.as_str(), key.digest.as_str()))
                .collect(),
            ..Self::of_rules(&settings.redaction)
        }
    }

    /// These rules alone.
    pub(crate) fn of_rules(settings: &RedactionSettings) -> Self {
        let defaults = settings.defaults().map(|rule| Rule {
            name: rule.name().to_owned(),
            regexes: rules::regexes(rule).to_vec(),
        });
        let own = settings.own.iter().map(|rule| Rule {
            name: rule.name.clone(),
            regexes: vec![rule.pattern.regex().clone()],
        });
        let rules: Vec<_> = defaults.chain(own).collect();
        Self {
            key_fields: settings
                .defaults()
                .position(|rule| rule == domain::DefaultRule::ApiKeys),
            any: any(&rules),
            rules,
            clients: HashMap::new(),
            has_own: !settings.own.is_empty(),
        }
    }

    /// The bytes as they may be written; the same where nothing is found. A secret that a stream
    /// brings in parts is found as well.
    pub(crate) fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        self.count(bytes, &mut |_, _| ())
    }

    /// The text as it may be written.
    pub(crate) fn text(&self, text: &mut String) {
        if let Cow::Owned(other) = self.bytes(text.as_bytes()) {
            *text = String::from_utf8_lossy(&other).into_owned();
        }
    }

    /// The same of a part of an address, in whose escapes a secret may stand.
    fn escaped(&self, text: &mut String) {
        self.text(text);
        if !text.contains('%') {
            return;
        }
        let plain: Cow<'_, [u8]> = percent_decode_str(text).into();
        if let Cow::Owned(other) = self.bytes(&plain) {
            let other = String::from_utf8_lossy(&other);
            *text = utf8_percent_encode(&other, ESCAPED).to_string();
        }
    }

    /// The text as it would be written, with how often each rule found something.
    pub(crate) fn preview(&self, text: &str) -> (String, Vec<(String, u32)>) {
        let mut counts: Vec<_> = self
            .rules
            .iter()
            .map(|rule| (rule.name.clone(), 0))
            .collect();
        let shown = self.count(text.as_bytes(), &mut |rule, found| counts[rule].1 += found);
        (String::from_utf8_lossy(&shown).into_owned(), counts)
    }

    /// What stands for the key of this client; none for a client without one.
    pub(crate) fn user_api_key(&self, client: &str) -> Option<&str> {
        self.clients.get(client).map(String::as_str)
    }

    /// What a row of the request log may hold of the head of a request.
    pub(crate) fn accepted(&self, accepted: &mut Accepted) {
        self.text(&mut accepted.method);
        self.escaped(&mut accepted.path);
        if let Some(head) = &mut accepted.head {
            let values = head.headers.iter_mut().map(|(_, value)| value);
            values.for_each(|text| self.text(text));
            head.query.iter_mut().for_each(|name| self.escaped(name));
        }
        self.text(&mut accepted.correlation_id);
        // An address is no text yet; the admin's own patterns may still be meant for it.
        let is_covered = |address: SocketAddr| {
            let text = address.to_string();
            matches!(self.bytes(text.as_bytes()), Cow::Owned(_))
        };
        if self.has_own && accepted.address.is_some_and(is_covered) {
            accepted.address = None;
        }
        if !self.clients.contains_key(&accepted.client) {
            self.text(&mut accepted.client);
        }
    }

    /// The same of the route. The name of a model is the admin's; what is no model's name is a
    /// client's word.
    pub(crate) fn routed(&self, routed: &mut Routed) {
        if routed.family.is_none() {
            self.text(&mut routed.model);
        }
    }

    /// The same of the end.
    pub(crate) fn outcome(&self, outcome: &mut Outcome) {
        let texts = outcome.notes.iter_mut();
        let texts = texts.chain(&mut outcome.error);
        let texts = texts.chain(&mut outcome.finish_reason);
        let token = outcome.token.as_deref_mut();
        let token = token.map(|token| token.issuer.iter_mut().chain(&mut token.instance));
        texts
            .chain(token.into_iter().flatten())
            .for_each(|text| self.text(text));
        // Content is not in them. Where they hold nothing as they stand, they need not be read.
        if let Some(params) = &mut outcome.params {
            let bytes = params.as_bytes();
            let may_match = self.any.as_ref().is_none_or(|any| any.is_match(bytes));
            if may_match || bytes.contains(&b'\\') {
                self.text(params);
            }
        }
    }

    fn count<'a>(&self, bytes: &'a [u8], found: &mut dyn FnMut(usize, u32)) -> Cow<'a, [u8]> {
        // Most texts of a row are a word or a path.
        if !bytes.iter().any(|byte| matches!(byte, b'{' | b'[')) {
            return self.plain(bytes, found);
        }
        // Inside JSON first: what stands there in escapes or in parts is found only when it is
        // read, and a mark put into it never breaks it.
        let read = json::redact(bytes, &mut |name, text| match self
            .key_fields
            .filter(|_| rules::is_key_field(name, text))
        {
            Some(rule) => {
                found(rule, 1);
                Cow::Owned(MARK.into())
            }
            None => self.plain(text, found),
        });
        match self.plain(&read, found) {
            Cow::Owned(other) => Cow::Owned(other),
            Cow::Borrowed(_) => read,
        }
    }

    fn plain<'a>(&self, bytes: &'a [u8], found: &mut dyn FnMut(usize, u32)) -> Cow<'a, [u8]> {
        if self.any.as_ref().is_some_and(|any| !any.is_match(bytes)) {
            return Cow::Borrowed(bytes);
        }
        let mut shown = Cow::Borrowed(bytes);
        for (place, rule) in self.rules.iter().enumerate() {
            for regex in &rule.regexes {
                if let Some((other, count)) = replaced(regex, &shown) {
                    found(place, count);
                    shown = Cow::Owned(other);
                }
            }
        }
        shown
    }

    /// A redactor for whoever writes.
    pub(crate) fn redactor(self: &Arc<Self>) -> crate::recordings::Redactor {
        let redaction = Arc::clone(self);
        Arc::new(move |bytes| redaction.bytes(bytes))
    }
}

/// All expressions of the rules as one.
fn any(rules: &[Rule]) -> Option<RegexSet> {
    let regexes = rules.iter().flat_map(|rule| &rule.regexes);
    RegexSetBuilder::new(regexes.map(Regex::as_str))
        .size_limit(ANY_BYTES)
        .build()
        .ok()
}

/// The bytes with a mark for each place that the expression finds, and how many; none without one.
fn replaced(regex: &Regex, bytes: &[u8]) -> Option<(Vec<u8>, u32)> {
    let mut shown = Vec::new();
    let (mut end, mut count) = (0, 0);
    for captures in regex.captures_iter(bytes) {
        let Some(place) = captures.name("secret").or_else(|| captures.get(0)) else {
            continue;
        };
        // An anchor finds places of no width; and a mark is not replaced again.
        if place.is_empty() || place.start() < end || place.as_bytes() == MARK.as_bytes() {
            continue;
        }
        shown.extend_from_slice(&bytes[end..place.start()]);
        shown.extend_from_slice(MARK.as_bytes());
        (end, count) = (place.end(), count + 1);
    }
    (count > 0).then(|| {
        shown.extend_from_slice(&bytes[end..]);
        (shown, count)
    })
}

#[cfg(test)]
mod tests;
