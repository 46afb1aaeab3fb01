//! What has to be right before GTK starts, and where the data is.

use std::ffi::OsString;
use std::path::PathBuf;

use control::Error;

/// The folder with settings and logs: `GATEHOUSE_DATA_DIR`, else the usual one.
pub(crate) fn data_folder() -> Result<PathBuf, Error> {
    match std::env::var_os("GATEHOUSE_DATA_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => control::default_folder(),
    }
}

/// Starts this program anew with the variables that WebKitGTK needs, when they are not set.
/// Changing them in a running program is not safe, a new start is.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() {
    use std::os::unix::process::CommandExt;
    let missing = missing_variables(|name| std::env::var_os(name));
    if missing.is_empty() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    // Returns only when it failed; the program then goes on as it is.
    let _ = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(missing)
        .exec();
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() {}

/// What is set for WebKitGTK unless the admin has set it otherwise.
const WEBKIT: [(&str, &str); 2] = [
    // A blank window on NVIDIA and in virtual machines (tauri-apps/tauri#9304).
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    // Every 30 s it reads the memory map of the page's process on the thread of the page, to clear
    // caches of many pages above a gigabyte. There is one page here, and the read stops it for
    // more than two frames.
    ("WEBKIT_DISABLE_MEMORY_PRESSURE_MONITOR", "1"),
];

/// The variables to set, and their values.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only WebKitGTK needs them")
)]
fn missing_variables(
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Vec<(&'static str, &'static str)> {
    let unset = |&(name, _): &(&str, &str)| lookup(name).is_none();
    let mut missing: Vec<_> = WEBKIT.into_iter().filter(unset).collect();
    // WebKitGTK reports the locale C.UTF-8 as the language "C", at which `Intl` throws.
    for name in ["LC_ALL", "LANG"] {
        let locale = lookup(name).unwrap_or_default().to_ascii_lowercase();
        if locale == "c.utf-8" || locale == "c.utf8" {
            missing.push((name, "en_US.UTF-8"));
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_left_alone_and_what_is_missing_settles_in_one_start() {
        let empty = missing_variables(|_| None);
        assert_eq!(empty, WEBKIT);
        let set = |name: &str| match name {
            "LANG" => Some("de_DE.UTF-8".into()),
            _ => WEBKIT
                .iter()
                .any(|(known, _)| *known == name)
                .then(|| "0".into()),
        };
        assert!(missing_variables(set).is_empty());
        let docker = |name: &str| (name == "LANG").then(|| "C.UTF-8".into());
        assert!(missing_variables(docker).contains(&("LANG", "en_US.UTF-8")));
    }
}
