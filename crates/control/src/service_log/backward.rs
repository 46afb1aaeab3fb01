//! The lines of a file from its end to its beginning, a block at a time. Knows nothing of what
//! they say.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at once.
const BLOCK: u64 = 64 * 1024;
/// A line that is longer is not given back.
const LINE_MOST: usize = 1024 * 1024;

/// A file that is read backwards.
pub(super) struct Backward {
    file: File,
    /// Where in the file the bytes begin that were read and not given back.
    start: u64,
    bytes: Vec<u8>,
}

impl Backward {
    /// From this byte on, or from the end.
    pub(super) fn new(file: File, end: Option<u64>) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self {
            file,
            start: end.map_or(size, |end| end.min(size)),
            bytes: Vec::new(),
        })
    }

    /// The line before, with where it begins; none at the beginning of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        loop {
            if let Some(at) = self.bytes.iter().rposition(|byte| *byte == b'\n') {
                let line = self.bytes.split_off(at + 1);
                self.bytes.truncate(at);
                if line.is_empty() {
                    continue;
                }
                return Ok(Some((self.start + at as u64 + 1, line)));
            }
            if self.start == 0 {
                let line = std::mem::take(&mut self.bytes);
                return Ok((!line.is_empty()).then_some((0, line)));
            }
            if self.bytes.len() > LINE_MOST {
                self.bytes.clear();
            }
            let length = self.start.min(BLOCK);
            self.start -= length;
            let mut block = vec![0; length as usize];
            self.file.seek(SeekFrom::Start(self.start))?;
            self.file.read_exact(&mut block)?;
            block.append(&mut self.bytes);
            self.bytes = block;
        }
    }
}
