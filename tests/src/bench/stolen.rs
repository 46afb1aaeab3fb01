//! Processor time that the host of this virtual machine took away. What happens meanwhile says
//! nothing about the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often it is looked: the system counts in such steps.
const LOOK: Duration = Duration::from_millis(10);

/// Milliseconds since 1970, as pages tell them.
pub type Moment = f64;

/// Notes when time is stolen, until it is dropped.
pub struct Stolen {
    moments: Arc<Mutex<Vec<Moment>>>,
    ends: Arc<AtomicBool>,
}

impl Stolen {
    /// Begins to look.
    pub fn watch() -> Self {
        let (moments, ends) = (Arc::<Mutex<Vec<Moment>>>::default(), Arc::default());
        let stolen = Self {
            moments: Arc::clone(&moments),
            ends: Arc::clone(&ends),
        };
        std::thread::spawn(move || {
            let mut before = ticks();
            while !ends.load(Ordering::Relaxed) {
                std::thread::sleep(LOOK);
                let ticks = ticks();
                if ticks > before {
                    let mut moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
                    moments.push(now());
                }
                before = ticks;
            }
        });
        stolen
    }

    /// Whether time was stolen between these moments, as exactly as the system counts.
    pub fn between(&self, from: Moment, to: Moment) -> bool {
        let step = LOOK.as_secs_f64() * 1_000.0;
        let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let first = moments.partition_point(|moment| *moment < from);
        moments
            .get(first)
            .is_some_and(|moment| *moment <= to + 2.0 * step)
    }
}

impl Drop for Stolen {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1_000.0
}

/// Stolen time of all processors so far, in ticks (proc_stat(5): the 8th figure of `cpu`).
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let stolen = line.split_whitespace().nth(8);
    stolen.and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_disturbed_by_what_was_stolen_in_it_or_just_seen() {
        let stolen = Stolen {
            moments: Arc::new(Mutex::new(vec![1_000.0, 2_000.0])),
            ends: Arc::default(),
        };
        assert!(stolen.between(990.0, 1_010.0));
        assert!(
            stolen.between(1_950.0, 1_985.0),
            "it is counted a step late"
        );
        assert!(!stolen.between(1_001.0, 1_900.0));
        assert!(!stolen.between(2_001.0, 3_000.0));
    }
}
