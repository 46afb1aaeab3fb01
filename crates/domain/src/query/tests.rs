//! What queries mean, what is refused, and that the normal form means the same.

use jiff::Zoned;

use super::*;
use crate::{DomainError, Field};

fn normal(text: &str) -> String {
    text.parse::<Query>()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .to_string()
}

#[test]
fn every_key_is_read_and_written_in_its_normal_form() {
    for (written, expected) in [
        ("", ""),
        ("  timeout\t gpu* \"gpu 1\"*", "timeout gpu* \"gpu 1\"*"),
        (
            "\"timed  out\" -\"say \\\"hi\\\"\"",
            "\"timed  out\" -\"say \\\"hi\\\"\"",
        ),
        (
            "\"simple\" gpu-3:8000 \"-x\"",
            "simple \"gpu-3:8000\" \"-x\"",
        ),
        ("MODEL:\"Mixtral\" -model:mix*", "model:Mixtral -model:mix*"),
        (
            "model:\"a b\"* model:\"ab*\" model:*",
            "model:\"a b\"* model:\"ab*\" model:*",
        ),
        (
            "feature:DUO_chat provider:Bedrock",
            "feature:duo_chat provider:bedrock",
        ),
        (
            "status:500 status:4XX status:>=500",
            "status:500 status:4xx status:>=500",
        ),
        (
            "state:Failed streamed:true -streamed:no",
            "state:failed streamed:yes -streamed:no",
        ),
        (
            "client:\"curl 8.5\" family:mixtral",
            "client:\"curl 8.5\" family:mixtral",
        ),
        (
            "path:/v1/* method:post id:01JD9Z",
            "path:/v1/* method:POST id:01JD9Z",
        ),
        ("duration:>2s first:<=1.5s", "duration:>2s first:<=1500ms"),
        (
            "connect:>100ms gap:<=50ms queued:>1s",
            "connect:>100ms gap:<=50ms queued:>1s",
        ),
        (
            "address:127.0.0.1:9 -address:[::1] address:10.* issuer:\"https://a b\" instance:7*",
            "address:127.0.0.1:9 -address:[::1] address:10.* issuer:\"https://a b\" instance:7*",
        ),
        ("duration:<60s first:>=0.25ms", "duration:<1m first:>=250us"),
        ("since:10m until:24h", "since:10m until:1d"),
        (
            "since:2026-11-03 until:10:30",
            "since:2026-11-03 until:10:30:00",
        ),
        ("since:2026-11-03T10:30", "since:2026-11-03T10:30:00"),
        (
            "since:2026-11-03T10:30:00+01:00",
            "since:2026-11-03T09:30:00Z",
        ),
        ("retries:1 retries:>0", "retries:1 retries:>0"),
    ] {
        assert_eq!(normal(written), expected, "{written}");
        assert_eq!(normal(expected), expected);
    }
}

#[test]
fn a_refusal_names_the_term_and_what_may_stand_there() {
    for (written, term, problem) in [
        ("ok status:abc x", "status:abc", "such as 500"),
        ("status:6xx", "status:6xx", "4xx"),
        ("status:99", "status:99", "4xx"),
        ("status:", "status:", "4xx"),
        ("feature:chat", "feature:chat", "duo_chat"),
        ("provider:x", "provider:x", "bedrock"),
        ("-state:done", "-state:done", "completed"),
        ("duration:2s", "duration:2s", ">2s"),
        ("first:>2", "first:>2", "ms, s, m, h"),
        ("duration:>1.s", "duration:>1.s", ">2s"),
        ("duration:>99999999999999999999d", "duration:>9999", ">2s"),
        ("since:soon", "since:soon", "2026-11-03"),
        ("until:2026-13-01", "until:2026-13-01", "10m"),
        ("streamed:maybe", "streamed:maybe", "yes or no"),
        ("retries:-1", "retries:-1", ">=1"),
        ("retries:99999999999", "retries:99999999999", ">=1"),
        ("method:p0st", "method:p0st", "POST"),
        ("model:", "model:", "deployment name"),
        ("id:\"a\u{7}b\"", "id:", "correlation id"),
        ("http://gpu-1", "http://gpu-1", "no key http"),
        ("x \"open", "\"open", "not closed"),
        ("\"a\"b", "\"a\"b", "space must follow"),
        ("a %%", "%%", "no letter"),
        ("-", "-", "no letter"),
        ("\"a\u{1b}[2J\"", "\"a", "control"),
    ] {
        let error = written.parse::<Query>().expect_err(written);
        let DomainError::Query {
            term: at,
            problem: why,
        } = &error
        else {
            panic!("{error:?}");
        };
        assert!(at.starts_with(term), "{written}: at {at}");
        assert!(why.contains(problem), "{written}: {why}");
        assert_eq!(error.field(), Some(Field::Query));
        assert!(error.hint().contains("duration"), "the hint names the keys");
    }
    let long = "x".repeat(2_001).parse::<Query>().unwrap_err().to_string();
    assert!(long.len() < 200, "{long}");
    assert!("a ".repeat(51).parse::<Query>().is_err());
    assert!("a ".repeat(50).parse::<Query>().is_ok());
}

#[test]
fn words_occur_in_their_order_and_the_last_may_be_open() {
    for (words, text, expected) in [
        ("codes*", "Codestral 22B", true),
        ("codes", "Codestral 22B", false),
        ("tral", "Codestral 22B", false),
        ("TIMED o*", "the server timed-out", true),
        ("tim* out", "the server timed out", false),
        ("out timed", "the server timed out", false),
        ("gpu-1:80*", "http://gpu-1:8000/v1", true),
        ("\u{e9}t\u{e9}", "L'\u{c9}T\u{c9}", true),
        ("a", "", false),
    ] {
        let (start, is_open) = match words.strip_suffix('*') {
            Some(start) => (start, true),
            None => (words, false),
        };
        let wanted = Words::new(start, is_open).unwrap();
        let found = wanted.occur_in(text);
        assert_eq!(found, expected, "{words} in {text}");
    }
}

#[test]
fn times_are_of_the_readers_zone_and_a_day_counts_to_its_end() {
    let now: Zoned = "2026-03-29T12:00:00+02:00[Europe/Berlin]".parse().unwrap();
    for (text, begin, end) in [
        ("90m", "2026-03-29T08:30:00Z", "2026-03-29T08:30:00Z"),
        // The clock goes forward on this day.
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("10:30", "2026-03-29T08:30:00Z", "2026-03-29T08:30:00Z"),
        (
            "2026-01-05T10:30",
            "2026-01-05T09:30:00Z",
            "2026-01-05T09:30:00Z",
        ),
        (
            "2026-01-05T10:30Z",
            "2026-01-05T10:30:00Z",
            "2026-01-05T10:30:00Z",
        ),
    ] {
        let when = When::read(text).unwrap();
        assert_eq!(when.begin(&now).to_string(), begin, "{text}");
        assert_eq!(when.end(&now).to_string(), end, "{text}");
    }
    let ages = When::read("100000d").unwrap();
    assert!(ages.begin(&now) < now.timestamp());
    assert_eq!(
        When::read("9999-12-31").unwrap().end(&now),
        jiff::Timestamp::MAX
    );
}
