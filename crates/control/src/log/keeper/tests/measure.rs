//! What a request costs the writer.

use super::*;

/// Time that this thread had a processor, in nanoseconds, so that other work does not count.
fn cpu_time() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse().unwrap()
}

/// The target is 8 µs of CPU for each request. Run it alone:
/// `cargo test -p control --release -- --ignored --nocapture writer_cost`.
#[test]
#[ignore = "a measurement"]
fn writer_cost_of_a_request() {
    const REQUESTS: usize = 200_000;
    for (name, split) in [("in one batch", false), ("running, then ended", true)] {
        let mut fixture = Fixture::new();
        let mut spent = 0;
        for batch in 0..REQUESTS / 300 {
            let sequences: Vec<_> = (0..300)
                .map(|place| {
                    fixture.next += 1;
                    let mut accepted = accepted(&uuid::Uuid::now_v7().to_string());
                    accepted.client = format!("client-{}", place % 20);
                    let known = fixture.next;
                    (
                        known,
                        accepted,
                        routed(["mixtral", "codestral", "qwen"][(batch + place) % 3]),
                    )
                })
                .collect();
            let events: Vec<Event<TestRoom>> = sequences
                .iter()
                .flat_map(|(sequence, accepted, routed)| {
                    [
                        Event::Started(*sequence, Box::new(accepted.clone())),
                        Event::Routed(*sequence, Box::new(routed.clone())),
                    ]
                })
                .collect();
            let ends: Vec<_> = sequences
                .iter()
                .map(|(sequence, ..)| {
                    let outcome = Box::new(outcome(RequestState::Completed));
                    Event::Finished(*sequence, outcome, TestRoom(fixture.room.clone()))
                })
                .collect();
            let begun = cpu_time();
            events
                .into_iter()
                .for_each(|event| fixture.keeper.take(event));
            if split {
                fixture.keeper.commit(fixture.now);
            }
            ends.into_iter()
                .for_each(|event| fixture.keeper.take(event));
            fixture.keeper.commit(fixture.now);
            spent += cpu_time() - begun;
        }
        let each = spent as f64 / 1_000.0 / REQUESTS as f64;
        let size = std::fs::metadata(crate::log::database::REQUESTS.path(fixture.folder.path()))
            .unwrap()
            .len();
        println!(
            "{name}: {each:.2} µs of CPU a request, {} bytes a row",
            size / REQUESTS as u64
        );
    }
}
