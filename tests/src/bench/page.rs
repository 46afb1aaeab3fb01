//! Measures inside the page of the real window: the time between frames, and from a key to its
//! character. Decides nothing about what is too long.

use std::time::Duration;

use serde_json::{Value, json};

use super::load::percentile;
use super::stolen::{Moment, Stolen};
use crate::webdriver::Window;

/// Begins to note when frames come. The one before a frame counts, not what it was promised for.
const WATCH: &str = "
    const watch = { on: true, gaps: [] };
    window.bench = watch;
    let last;
    const step = () => {
      const now = performance.now();
      if (last !== undefined) watch.gaps.push([performance.timeOrigin + now, now - last]);
      last = now;
      if (watch.on) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);";

const END_OF_WATCH: &str = "window.bench.on = false; return window.bench.gaps";

/// Notes for each key in the composer how long after its event the frame with its character is
/// painted: WebKit runs a frame's callbacks and paints it in one go, and a timer that a callback sets
/// fires behind that. A message would say the same, but goes through another process.
const WATCH_KEYS: &str = "
    const field = document.querySelector('form.composer textarea');
    const keys = (window.benchKeys = []);
    let pressed;
    field.addEventListener('keydown', (event) => {
      const now = performance.now();
      pressed = event.timeStamp > 0 && event.timeStamp < now ? event.timeStamp : now;
    }, { capture: true });
    field.addEventListener('input', () => {
      const from = pressed;
      requestAnimationFrame(() =>
        setTimeout(() => {
          const now = performance.now();
          keys.push([performance.timeOrigin + now, now - from]);
        }),
      );
    });";

/// A time in the page.
#[derive(Debug, Clone, Copy)]
pub struct Lap {
    /// When it ended.
    pub end: Moment,
    /// How long it was.
    pub took: Duration,
}

/// Times in the page, shortest first.
#[derive(Debug, Default)]
pub struct Times(Vec<Lap>);

impl Times {
    /// Times as the page tells them: when each ended and how long it was, in milliseconds.
    pub fn of(told: &Value) -> Self {
        let told = told.as_array().into_iter().flatten();
        let mut laps: Vec<Lap> = told
            .filter_map(|lap| {
                Some(Lap {
                    end: lap[0].as_f64()?,
                    took: Duration::from_secs_f64(lap[1].as_f64()?.max(0.0) / 1_000.0),
                })
            })
            .collect();
        laps.sort_unstable_by_key(|lap| lap.took);
        Self(laps)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those during which this machine had its processors to itself.
    pub fn undisturbed(&self, stolen: &Stolen) -> Self {
        let begin = |lap: &Lap| lap.end - lap.took.as_secs_f64() * 1_000.0;
        let laps = self.0.iter().copied();
        Self(
            laps.filter(|lap| !stolen.between(begin(lap), lap.end))
                .collect(),
        )
    }

    /// Those that are longer than this, in the order of their ends.
    pub fn longer_than(&self, promised: Duration) -> Vec<Lap> {
        let long = self.0.iter().filter(|lap| lap.took > promised);
        let mut long: Vec<Lap> = long.copied().collect();
        long.sort_unstable_by(|one, other| one.end.total_cmp(&other.end));
        long
    }

    /// The longest; none of nothing.
    pub fn longest(&self) -> Option<Duration> {
        self.0.last().map(|lap| lap.took)
    }

    /// The time that this share of all does not pass.
    pub fn percentile(&self, share: f64) -> Duration {
        let times: Vec<Duration> = self.0.iter().map(|lap| lap.took).collect();
        percentile(&times, share)
    }
}

/// Begins to note the page's frames.
pub async fn watch_frames(window: &Window) {
    window.script(WATCH, json!([])).await;
}

/// The times between frames since [`watch_frames`].
pub async fn frames(window: &Window) -> Times {
    Times::of(&window.script(END_OF_WATCH, json!([])).await)
}

/// Begins to note the times of keys in the composer.
pub async fn watch_keys(window: &Window) {
    window.script(WATCH_KEYS, json!([])).await;
}

/// The times of the keys since [`watch_keys`].
pub async fn keys(window: &Window) -> Times {
    Times::of(&window.script("return window.benchKeys", json!([])).await)
}

/// Scrolls what this selector finds by so many pixels in each frame, for so many frames or to its
/// end, and returns the times between them.
pub async fn scrolled(window: &Window, selector: &str, pixels: i32, frames: usize) -> Times {
    let scroll = format!(
        "new Promise((done) => {{
           const view = document.querySelector({});
           const gaps = [];
           let last;
           const step = () => {{
             const now = performance.now();
             if (last !== undefined) gaps.push([performance.timeOrigin + now, now - last]);
             last = now;
             const before = view.scrollTop;
             view.dispatchEvent(new WheelEvent('wheel'));
             view.scrollTop += {pixels};
             // At an end of what is there, more may be on its way.
             const rests = view.scrollTop === before;
             if (gaps.length >= {frames} || (rests && {pixels} < 0)) return done(gaps);
             requestAnimationFrame(step);
           }};
           requestAnimationFrame(step);
         }})",
        json!(selector)
    );
    Times::of(&window.awaited(&scroll).await)
}

/// Sends a short prompt from the page and returns the time from the click to the first words of its
/// answer in the page.
pub async fn first_words(window: &Window) -> Option<Duration> {
    const ASK: &str = "
        new Promise((done) => {
          const field = document.querySelector('form.composer textarea');
          field.value = 'hello';
          field.dispatchEvent(new Event('input', { bubbles: true }));
          setTimeout(() => {
            const talk = document.querySelector('.talk');
            const before = talk.querySelectorAll('.markdown').length;
            const started = performance.now();
            const look = () => {
              const all = talk.querySelectorAll('.markdown');
              if (all.length === before || all[all.length - 1].textContent === '') return;
              watch.disconnect();
              done(performance.now() - started);
            };
            const watch = new MutationObserver(look);
            watch.observe(talk, { subtree: true, childList: true, characterData: true });
            document.querySelector('form.composer button[type=submit]').click();
          }, 50);
        })";
    let took = window.awaited(ASK).await.as_f64()?;
    Some(Duration::from_secs_f64(took / 1_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_order_and_of_nothing_there_is_no_longest() {
        let times = Times::of(&json!([[9.0, 16.5], [42.0, 33.0], [43.0, 1.0], null]));
        assert_eq!(times.longest(), Some(Duration::from_millis(33)));
        assert_eq!(
            (times.count(), times.percentile(0.0)),
            (3, Duration::from_millis(1))
        );
        let long = times.longer_than(Duration::from_millis(10));
        assert_eq!(
            long.iter().map(|lap| lap.end).collect::<Vec<_>>(),
            [9.0, 42.0]
        );
        assert_eq!(Times::of(&Value::Null).longest(), None);
    }
}
