//! `cargo xtask icons`: renders the drawings of `icons/` into the files that the window and the
//! tray need. The results are committed, so building needs no renderer.

use std::fs;
use std::path::{Path, PathBuf};

use crate::setup;
use crate::steps::{self, Failure, Result, command, root};

/// The application icon as PNG: file and size.
const PNGS: &[(&str, u32)] = &[
    ("32x32.png", 32),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("icon.png", 512),
];

/// Tray icons: drawing and file. Trays are dark or light, so they are drawn in a grey that stands
/// out on both.
const TRAY: &[(&str, &str)] = &[
    ("icon-tray.svg", "tray-running.png"),
    ("icon-tray-stopped.svg", "tray-stopped.png"),
    ("icon-tray-failed.svg", "tray-failed.png"),
];

/// Sizes inside `icon.ico`.
const ICO: &[u32] = &[16, 24, 32, 48, 64, 256];

/// Types and sizes inside `icon.icns`.
const ICNS: &[(&[u8; 4], u32)] = &[
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic13", 256),
    (b"ic09", 512),
    (b"ic14", 512),
    (b"ic10", 1024),
];

/// Renders every icon.
pub fn render() -> Result {
    setup::packages(&["librsvg2-bin"])?;
    let icons = root().join("icons");
    for (file, size) in PNGS {
        png(&icons.join("icon.svg"), *size, "", &icons.join(file))?;
    }
    for (drawing, file) in TRAY {
        png(
            &icons.join(drawing),
            32,
            "svg { color: #8a9299 }",
            &icons.join(file),
        )?;
    }
    let sized = |size| sized(&icons, size);
    let images = ICO
        .iter()
        .map(|size| Ok((*size, sized(*size)?)))
        .collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.ico"), &ico(&images))?;
    let images = ICNS
        .iter()
        .map(|(kind, size)| Ok((*kind, sized(*size)?)))
        .collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.icns"), &icns(&images))
}

/// The application icon in a size, as the bytes of a PNG.
fn sized(icons: &Path, size: u32) -> Result<Vec<u8>> {
    let file: PathBuf = steps::target_dir()?.join(format!("icon-{size}.png"));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Failure(format!("cannot make {folder:?}: {error}")))?;
    }
    png(&icons.join("icon.svg"), size, "", &file)?;
    fs::read(&file).map_err(|error| Failure(format!("cannot read {file:?}: {error}")))
}

fn png(drawing: &Path, size: u32, style: &str, file: &Path) -> Result {
    let size = size.to_string();
    let mut render = command("rsvg-convert", &["--width", &size, "--height", &size]);
    if !style.is_empty() {
        let sheet = steps::target_dir()?.join("icon-style.css");
        write(&sheet, style.as_bytes())?;
        render.arg("--stylesheet").arg(sheet);
    }
    render.arg("--output").arg(file).arg(drawing);
    steps::run(render)
}

/// A Windows icon: a table of contents, then the PNGs.
fn ico(images: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let count = images.len() as u16;
    let mut file = [0u16, 1, count].map(u16::to_le_bytes).concat();
    let mut place = 6 + 16 * u32::from(count);
    for (size, image) in images {
        let side = u8::try_from(*size).unwrap_or(0); // 0 means 256
        let length = image.len() as u32;
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(length.to_le_bytes());
        file.extend(place.to_le_bytes());
        place += length;
    }
    images.iter().for_each(|(_, image)| file.extend(image));
    file
}

/// An Apple icon: PNGs, each behind its type and length.
fn icns(images: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut entries = Vec::new();
    for (kind, image) in images {
        entries.extend(*kind);
        entries.extend((image.len() as u32 + 8).to_be_bytes());
        entries.extend(image);
    }
    let mut file = b"icns".to_vec();
    file.extend((entries.len() as u32 + 8).to_be_bytes());
    file.extend(entries);
    file
}

fn write(file: &Path, bytes: &[u8]) -> Result {
    fs::write(file, bytes)
        .map_err(|error| Failure(format!("cannot write {}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_points_at_each_image() {
        let file = ico(&[(16, vec![1; 10]), (256, vec![2; 20])]);
        assert_eq!(&file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!(file[6], 16);
        assert_eq!(file[22], 0, "256 is written as 0");
        assert_eq!(
            &file[34..38],
            48u32.to_le_bytes(),
            "the second image follows the first"
        );
        assert_eq!(file.len(), 6 + 2 * 16 + 30);
    }

    #[test]
    fn an_icns_states_its_whole_length() {
        let file = icns(&[(b"ic07", vec![7; 5])]);
        assert_eq!(&file[..8], [b'i', b'c', b'n', b's', 0, 0, 0, 21]);
        assert_eq!(&file[8..16], [b'i', b'c', b'0', b'7', 0, 0, 0, 13]);
    }
}
