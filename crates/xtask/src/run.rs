//! `cargo xtask run`: from a fresh clone to the open control panel, or to the headless service
//! where there is no display.

use crate::setup::{self, Needs};
use crate::steps::{self, Result, cargo, command};
use crate::ui;

/// Installs, builds and starts.
pub fn run(flags: &[&str]) -> Result {
    let is_dev = flags.contains(&"--dev");
    let has_display = has_display();
    if !flags.contains(&"--no-setup") {
        setup::system(if has_display {
            Needs::Window
        } else {
            Needs::Headless
        })?;
    }
    setup::node()?;
    ui::install()?;
    ui::build()?;
    let profile: &[&str] = if is_dev { &[] } else { &["--release"] };
    let folder = steps::target_dir()?.join(if is_dev { "debug" } else { "release" });
    if has_display {
        println!("The first build takes some minutes, later ones seconds.");
        let build = [
            &["build", "-p", "app", "--features", "custom-protocol"],
            profile,
        ]
        .concat();
        steps::run(cargo(&build))?;
        return steps::hand_over(command(folder.join(program("gatehouse-desktop")), &[]));
    }
    println!("There is no display: building the headless service.");
    steps::run(cargo(&[&["build", "-p", "cli"], profile].concat()))?;
    let gatehouse = folder.join(program("gatehouse"));
    println!(
        "\nThe service starts now, with the control panel for a browser: open the admin address that it prints.\n\
         Ctrl-C ends it after its running requests. In another terminal:\n\
         \n  {0} model add demo --family general --endpoint sample\n  {0} prompt demo \"hello\"\n  {0} logs\n\
         \nModels and settings are in settings.json of the data folder, as `{0} --help` says. While the \
         service\nruns, it holds them: change them in the control panel, or stop it first.\n",
        gatehouse.display()
    );
    steps::hand_over(command(gatehouse, &["serve", "--admin"]))
}

fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// On Linux a window needs X11 or Wayland; elsewhere there is always a display.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
