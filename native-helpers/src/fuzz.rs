//! What fuzzers call, and the tests that spoil sound input: each takes any bytes, panics only where something is wrong
//! here, and answers whether the input was sound to its end. `fuzz/` has the programs.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::layer::fuzz as layers;
use crate::protocol::frame::{self, FrameError, LIMIT};
use crate::protocol::messages::{ApplyNotice, ApplyParams, Compression, LayerLimits, Request, RunNotice, UnpackParams};

/// Small, so that no input fills the disk.
const LIMITS: LayerLimits = LayerLimits { size: 16 << 20, ratio: 200 };

/// Entries of a tar, with their content.
pub fn tar(data: &[u8]) -> bool {
    layers::read_tar(data)
}

/// A compressed file; its first byte says of which kind it should be.
pub fn compressed(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    layers::decompress(*kind, data, &LIMITS)
}

/// A whole layer; its first byte says how it is compressed, or that it is an archive of files.
pub fn apply(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    let place = Place::new();
    let input = place.path("input");
    let written = File::create(&input).and_then(|mut file| file.write_all(data));
    written.expect("the scratch directory takes files");
    let (text, target) = (text(&input), text(&place.path("inside/target")));
    let compression = match kind % 4 {
        0 => Some(Compression::None),
        1 => Some(Compression::Gzip),
        2 => Some(Compression::Zstd),
        _ => None,
    };
    let result = match compression {
        Some(compression) => {
            let (expected, limits) = (None, LIMITS);
            let params = ApplyParams { blob: text, compression, growing: false, target, expected, limits };
            crate::layer::apply(&params, None).map(drop)
        }
        None => {
            let params = UnpackParams { archive: text, target, name: "input".to_owned(), limits: LIMITS };
            crate::layer::unpack(&params).map(drop)
        }
    };
    place.check();
    result.is_ok()
}

/// Frames, and the messages in them.
pub fn protocol(data: &[u8]) -> bool {
    let mut rest = data;
    let mut is_sound = true;
    loop {
        match frame::read(&mut rest) {
            Ok(Some(frame)) => {
                assert!(frame.payload.len() <= LIMIT);
                let payload = &frame.payload;
                let is_message = serde_json::from_slice::<Request>(payload).is_ok()
                    || serde_json::from_slice::<ApplyNotice>(payload).is_ok()
                    || serde_json::from_slice::<RunNotice>(payload).is_ok();
                is_sound &= is_message;
            }
            Ok(None) => return is_sound,
            Err(FrameError::Length(_) | FrameError::Cut) => return false,
        }
    }
}

/// A directory with one inside it, next to which nothing may appear.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("oci-build-fuzz-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("inside")).expect("there is a place for scratch directories");
        fs::write(path.join("victim"), "untouched").expect("the scratch directory takes files");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Nothing outside of the target has changed.
    fn check(&self) {
        assert_eq!(names(&self.0), ["input", "inside", "victim"]);
        assert_eq!(fs::read(self.path("victim")).ok().as_deref(), Some(&b"untouched"[..]));
        assert!(names(&self.path("inside")).iter().all(|name| name == "target"));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // An ordinary user cannot always: a directory may have no write bit.
        let _ = crate::tree::remove(&self.0);
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the scratch directory is there");
    let names = entries.flatten().map(|entry| String::from_utf8_lossy(entry.file_name().as_bytes()).into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
