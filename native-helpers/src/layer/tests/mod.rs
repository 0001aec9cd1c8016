//! Tests of the layer engine against archives made byte by byte, trees made at random, and tools that others wrote.

mod applying;
mod cloning;
mod committing;
mod contrasting;
mod corpus;
mod devices;
mod extracting;
mod hostile;
mod large;
mod mutations;
mod packing;
mod raw;
mod sparse;
mod tools;
mod trees;
mod unpacking;

use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::apply;
use crate::failure::Failure;
use crate::protocol::messages::{ApplyParams, ApplyResult, Compression, LayerLimits, PackParams, PackResult};

const LIMITS: LayerLimits = LayerLimits { size: 64 << 30, ratio: 500 };

/// A directory that goes away with its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("oci-build-layer-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Applies an uncompressed archive to the new directory `target`.
    fn apply(&self, archive: &[u8], target: &str) -> Result<ApplyResult, Failure> {
        let blob = self.text(&format!("{target}.blob"));
        std::fs::write(&blob, archive).unwrap();
        self.apply_blob(&blob, Compression::None, target)
    }

    fn apply_blob(&self, blob: &str, compression: Compression, target: &str) -> Result<ApplyResult, Failure> {
        let (blob, target) = (blob.to_owned(), self.text(target));
        apply(&ApplyParams { blob, compression, growing: false, target, expected: None, limits: LIMITS }, None)
    }

    fn pack(&self, layer: &str, compression: Compression, target: &str) -> PackResult {
        let (layer, target) = (self.text(layer), self.text(target));
        super::pack(&PackParams { layer, compression, target, expected: None }).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Directories without the write bit would stay with an ordinary user, and very deep ones with std.
        let quietly = |program: &str, flags: &str, rest: &[&str]| {
            let _ = Command::new(program).arg(flags).args(rest).arg(&self.0).stderr(Stdio::null()).status();
        };
        quietly("chmod", "-R", &["u+rwX"]);
        quietly("rm", "-rf", &[]);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a tool that must succeed, and answers its output.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One line per entry beneath `root`, sorted by path: everything that a layer says about it.
fn listing(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    list(root, root, &mut lines);
    lines.sort();
    lines
}

fn list(root: &Path, directory: &Path, lines: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().escape_ascii().to_string();
        let what = if meta.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().as_os_str().as_bytes().escape_ascii())
        } else if meta.is_file() {
            let content = std::fs::read(&path).unwrap();
            format!("{} bytes, crc {:08x}, {} names", content.len(), zlib_rs::crc32::crc32(0, &content), meta.nlink())
        } else {
            format!("device {}", meta.rdev())
        };
        let (mode, uid, gid) = (meta.mode(), meta.uid(), meta.gid());
        let attributes = attributes(&path, &meta);
        lines.push(format!("{name} {mode:o} {uid}:{gid} @{}.{} {what}{attributes}", meta.mtime(), meta.mtime_nsec()));
        if meta.is_dir() {
            list(root, &path, lines);
        }
    }
}

/// The extended attributes of a file or directory, those that belong to a layer.
fn attributes(path: &Path, meta: &std::fs::Metadata) -> String {
    if !(meta.is_file() || meta.is_dir()) {
        return String::new();
    }
    let found = super::xattr::read(std::fs::File::open(path).unwrap().as_fd()).unwrap();
    let shown = found.iter().map(|(name, value)| format!(" {}={}", name.escape_ascii(), value.escape_ascii()));
    shown.collect()
}

/// Compares two listings and shows only what differs.
fn assert_same(found: &[String], expected: &[String], context: &str) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    assert_eq!(only(found, expected), only(expected, found), "{context}");
}

/// The paths beneath `root`, sorted, whiteouts marked by a leading `-`.
fn paths(root: &Path) -> Vec<String> {
    let is_whiteout = |line: &&str| line.contains(" 20") && line.ends_with("device 0");
    let mut paths: Vec<String> = listing(root)
        .iter()
        .map(|line| {
            let name = line.split(' ').next().unwrap_or_default();
            if is_whiteout(&line.as_str()) { format!("-{name}") } else { name.to_owned() }
        })
        .collect();
    paths.sort();
    paths
}

fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1 << 16];
    let length = rustix::fs::lgetxattr(path, name, &mut value).ok()?;
    value.truncate(length);
    Some(value)
}

fn is_opaque(path: &Path) -> bool {
    xattr(path, "user.overlay.opaque").is_some_and(|value| value == b"y")
}
