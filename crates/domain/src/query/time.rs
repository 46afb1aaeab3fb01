//! Times and lengths of time in a query. Now, and the zone, are passed in.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// What may stand where a time is.
pub(super) const TAKES: &str =
    "a time such as 2026-11-03, 2026-11-03T10:30, 10:30 of today, or 10m, 2h or 1d ago";

/// The longest length that a query names: about three hundred years.
const LONGEST: Duration = Duration::from_secs(10_000_000_000);

/// Units of lengths, the longest first, in microseconds.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// A time in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// So long ago: `10m`.
    Ago(Duration),
    /// This moment, with its zone: `2026-11-03T10:30:00Z`.
    At(Timestamp),
    /// This date and time of the reader's zone: `2026-11-03T10:30`.
    Local(DateTime),
    /// This day of the reader's zone: `2026-11-03`.
    Day(Date),
    /// This time of today, in the reader's zone: `10:30`.
    Today(Time),
}

impl When {
    /// Reads a time; nothing when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !text.is_ascii() || text.len() > 40 {
            return None;
        }
        if let Some(ago) = read_length(text) {
            return Some(Self::Ago(ago));
        }
        let has_day = text.contains('-');
        let has_time = text.contains(':');
        match (has_day, has_time) {
            (true, true) => text
                .parse()
                .map(Self::At)
                .or_else(|_| text.parse().map(Self::Local))
                .ok(),
            (true, false) => text.parse().map(Self::Day).ok(),
            (false, true) => text.parse().map(Self::Today).ok(),
            (false, false) => None,
        }
    }

    /// The moment at which it begins.
    pub fn begin(&self, now: &Zoned) -> Timestamp {
        let local = |time: DateTime, zone: &TimeZone| {
            let zoned = time.to_zoned(zone.clone());
            // Only times beside the ends of the calendar have no moment.
            zoned.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
        };
        match self {
            Self::Ago(ago) => now.timestamp().checked_sub(*ago).unwrap_or(Timestamp::MIN),
            Self::At(at) => *at,
            Self::Local(time) => local(*time, now.time_zone()),
            Self::Day(day) => local(day.to_datetime(Time::midnight()), now.time_zone()),
            Self::Today(time) => local(now.date().to_datetime(*time), now.time_zone()),
        }
    }

    /// The moment at which it is over: for a day the next one, for the others their beginning.
    pub fn end(&self, now: &Zoned) -> Timestamp {
        match self {
            Self::Day(day) => day
                .checked_add(1.day())
                .map_or(Timestamp::MAX, |next| Self::Day(next).begin(now)),
            other => other.begin(now),
        }
    }
}

impl Display for When {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(ago) => Length(*ago).fmt(formatter),
            Self::At(at) => at.fmt(formatter),
            Self::Local(time) => time.fmt(formatter),
            Self::Day(day) => day.fmt(formatter),
            Self::Today(time) => time.fmt(formatter),
        }
    }
}

/// A length of time as a query writes it: whole, in the longest unit that does.
pub(super) struct Length(pub(super) Duration);

impl Display for Length {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let micros = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        let whole = UNITS
            .into_iter()
            .find(|(_, unit)| micros > 0 && micros.is_multiple_of(*unit));
        let (name, unit) = whole.unwrap_or(("s", 1_000_000));
        write!(formatter, "{}{name}", micros / unit)
    }
}

/// Reads a length such as `2s`, `1.5s` or `300ms`, down to a microsecond.
pub(super) fn read_length(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at(end);
    let unit = UNITS
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))
        .map(|(_, micros)| micros)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if part.is_empty() || part.len() > 6 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part = part.parse::<u64>().ok()? * unit / 10_u64.pow(part.len() as u32);
    let micros = whole.checked_mul(unit)?.checked_add(part)?;
    let length = Duration::from_micros(micros);
    (length <= LONGEST).then_some(length)
}
