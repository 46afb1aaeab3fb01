//! The built UI is embedded in release builds, so a new build of it makes a new binary.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist");
}
