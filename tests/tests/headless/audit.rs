//! The audit and the service log on a terminal.

use tests::gatehouse::Gatehouse;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_listed_with_its_difference_and_undone_in_a_running_gateway() {
    let gatehouse = Gatehouse::with_sample();
    let serving = gatehouse.serve();
    gatehouse.run(&["logs", "keep", "--days", "7"]).succeeded();
    let find = ["audit", "--search", "keep days"];
    let changes = gatehouse.run(&find).succeeded().lines();
    let [change] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(change["who"], "command");
    assert_eq!(change["sentence"], "Changed how long requests are kept");
    let setting = &change["settings"][0];
    assert_eq!(
        (&setting["before"], &setting["after"]),
        (&"30".into(), &"7".into())
    );
    let id = change["id"].to_string();
    let undo = gatehouse.run(&["audit", "undo", &id]).succeeded().json();
    assert_eq!(undo["undoes"], change["id"]);
    let kept = gatehouse.run(&["logs", "keep"]).succeeded().json();
    assert_eq!(kept["keep_days"], 30);
    let refused = gatehouse.run(&["audit", "undo", &id]);
    assert!(
        refused.complaint().contains("undone by change"),
        "{}",
        refused.complaint()
    );
    let gone = gatehouse.run(&["audit", "undo", "4711"]);
    assert_eq!(gone.error()["code"], "not_found");
    let text = gatehouse.run_plain(&find).succeeded();
    assert!(text.stdout.contains("- 30") && text.stdout.contains("+ 7"));
    assert!(serving.stop().success());
}

#[test]
fn the_service_log_is_read_and_searched() {
    let gatehouse = Gatehouse::with_sample();
    assert_eq!(
        gatehouse
            .run(&["logs", "service"])
            .succeeded()
            .lines()
            .len(),
        0
    );
    gatehouse.serve().stop();
    let lines = gatehouse.run(&["logs", "service", "--search", "GATEWAY listens"]);
    let lines = lines.succeeded().lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["target"]),
        (&"info".into(), &"control::runner".into())
    );
    let errors = gatehouse.run(&["logs", "service", "--level", "error"]);
    assert_eq!(errors.succeeded().lines().len(), 0);
}
