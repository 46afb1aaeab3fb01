//! Declares our commands, so that each needs a permission like any other.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&[
        "call",
        "listen",
        "open",
        "close",
        "choose_files",
    ]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("tauri.conf.json and capabilities are part of the source");
}
