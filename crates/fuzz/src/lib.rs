//! What the fuzz targets in `tests/` share: recorded wires as seeds, ways to damage and to cut them,
//! and how long to go on. Knows no form; a target says what has to hold.
#![warn(missing_docs)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Cases of a target in the usual run of the tests.
const CASES: u32 = 2_000;

/// Cases between two looks at the clock when the time is given.
const CASES_AT_ONCE: u32 = 2_000;

/// Runs a target for the usual number of cases, or for as many seconds as
/// `GATEHOUSE_FUZZ_SECONDS` says (`cargo xtask fuzz`). Panics with the smallest case that fails.
pub fn fuzz<S: Strategy>(strategy: &S, target: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("GATEHOUSE_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let config = |cases| Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let Some(until) = until else {
        // The usual run is the same every time.
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        run(
            TestRunner::new_with_rng(config(CASES), rng),
            strategy,
            &target,
        );
        return;
    };
    while Instant::now() < until {
        run(TestRunner::new(config(CASES_AT_ONCE)), strategy, &target);
    }
}

fn run<S: Strategy>(
    mut runner: TestRunner,
    strategy: &S,
    target: &impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    if let Err(error) = runner.run(strategy, target) {
        panic!("{error}");
    }
}

/// A way to damage bytes. Places are parts of the whole, so that they fit any length.
#[derive(Debug, Clone)]
pub enum Damage {
    /// Turns one bit around.
    Flip(Index, u8),
    /// Takes bytes out.
    Delete(Index, usize),
    /// Puts bytes in.
    Insert(Index, Vec<u8>),
    /// Writes bytes again behind themselves.
    Repeat(Index, usize),
    /// Leaves the rest out.
    Cut(Index),
}

impl Damage {
    /// Applies it.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index| index.index(bytes.len() + 1);
        match self {
            Self::Flip(index, bit) => {
                let place = place(index);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Delete(index, length) => {
                let start = place(index);
                let end = (start + length).min(bytes.len());
                bytes.drain(start..end);
            }
            Self::Insert(index, more) => {
                let place = place(index);
                bytes.splice(place..place, more.iter().copied());
            }
            Self::Repeat(index, length) => {
                let start = place(index);
                let end = (start + length).min(bytes.len());
                let again = bytes[start..end].to_vec();
                bytes.splice(end..end, again);
            }
            Self::Cut(index) => bytes.truncate(place(index)),
        }
    }
}

/// Bytes that mean something in one of the forms.
const WORDS: [&[u8]; 22] = [
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"data: ",
    b"data:",
    b"event: ",
    b": ",
    b"[DONE]",
    b"\xef\xbb\xbf",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\u",
    b"\\ud800",
    b"null",
    b"-1e999",
    b"99999999999999999999",
    b"\xf0\x9f",
    b"\0",
    b"\xff\xff\xff\xff",
];

/// Damage of all kinds, none to six times.
pub fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let bytes = prop_oneof![
        proptest::sample::select(&WORDS[..]).prop_map(<[u8]>::to_vec),
        proptest::collection::vec(any::<u8>(), 1..9),
    ];
    let damage = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(index, bit)| Damage::Flip(index, bit)),
        (any::<Index>(), 1..40_usize).prop_map(|(index, length)| Damage::Delete(index, length)),
        (any::<Index>(), bytes).prop_map(|(index, bytes)| Damage::Insert(index, bytes)),
        (any::<Index>(), 1..400_usize).prop_map(|(index, length)| Damage::Repeat(index, length)),
        any::<Index>().prop_map(Damage::Cut),
    ];
    proptest::collection::vec(damage, 0..7)
}

/// One of the seeds, damaged.
pub fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    assert!(!seeds.is_empty(), "there is a seed");
    (proptest::sample::select(seeds), damages()).prop_map(|(mut bytes, damages)| {
        for damage in damages {
            damage.apply(&mut bytes);
        }
        bytes
    })
}

/// Where to cut a stream: a part of the whole, or the line end after it, where most goes wrong.
pub type Cut = (Index, bool);

/// None to seven cuts.
pub fn cuts() -> impl Strategy<Value = Vec<Cut>> {
    proptest::collection::vec(any::<Cut>(), 0..8)
}

/// The pieces that these cuts make.
pub fn pieces<'a>(bytes: &'a [u8], cuts: &[Cut]) -> Vec<&'a [u8]> {
    let place = |(index, at_line_end): &Cut| {
        let place = index.index(bytes.len() + 1);
        let line_end = bytes[place..]
            .iter()
            .position(|byte| b"\r\n".contains(byte));
        match line_end.filter(|_| *at_line_end) {
            Some(distance) => place + distance + 1,
            None => place,
        }
    };
    let mut places: Vec<usize> = cuts.iter().map(place).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

/// The files below a folder of the repository whose names end so, each a seed. Of recorded HTTP
/// answers only the bodies.
pub fn recorded(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = root().join(folder);
    let listed = std::fs::read_dir(&folder);
    let listed = listed.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).ok().map(body_of);
    paths.iter().filter_map(read).collect()
}

fn body_of(bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    match end.filter(|_| bytes.starts_with(b"HTTP/")) {
        Some(end) => bytes[end + 4..].to_vec(),
        None => bytes,
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .unwrap_or_default()
}
