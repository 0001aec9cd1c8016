//! Temporary trees for tests. They need root, or root in a user namespace with a range of ids.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::XattrFlags;

use crate::failure::Failure;
use crate::protocol::messages::{CopyParams, CopyResult, Selection};

/// A temporary directory with a source tree `src` and a root `root`, removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("oci-build-tree-{}-{count}", std::process::id()));
        fs::create_dir_all(path.join("src")).unwrap();
        fs::create_dir_all(path.join("root")).unwrap();
        Self(path)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// Writes a file and the directories above it.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn directory(&self, path: &str) -> &Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    pub fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    pub fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn owner(&self, path: &str, uid: u32, gid: u32) -> &Self {
        lchown(self.path(path), Some(uid), Some(gid)).unwrap();
        self
    }

    pub fn attribute(&self, path: &str, name: &str, value: &str) -> &Self {
        rustix::fs::setxattr(self.path(path), name, value.as_bytes(), XattrFlags::empty()).unwrap();
        self
    }

    /// The names of an entry's extended attributes.
    pub fn attributes(&self, path: &str) -> Vec<String> {
        let mut buffer = vec![0; 4096];
        let length = rustix::fs::listxattr(self.path(path), &mut buffer[..]).unwrap();
        let names = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let mut names: Vec<_> = names.split_terminator('\0').map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Type letter, mode, uid:gid, and content or link target of an entry; `none` when there is none.
    pub fn show(&self, path: &str) -> String {
        let path = self.path(path);
        let Ok(meta) = path.symlink_metadata() else { return "none".to_owned() };
        let (kind, content) = match meta.file_type() {
            kind if kind.is_symlink() => ('l', fs::read_link(&path).unwrap().display().to_string()),
            kind if kind.is_dir() => ('d', String::new()),
            kind if kind.is_file() => ('f', String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()),
            _ => ('?', format!("{:x}", meta.rdev())),
        };
        format!("{kind} {:o} {}:{} {content}", meta.mode() & 0o7777, meta.uid(), meta.gid()).trim_end().to_owned()
    }

    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn selection(&self, sources: &[&str]) -> Selection {
        self.filtered(sources, &[], &[])
    }

    pub fn filtered(&self, sources: &[&str], ignore: &[&str], exclude: &[&str]) -> Selection {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Selection {
            root: self.path("src").display().to_string(),
            sources: owned(sources),
            ignore: owned(ignore),
            exclude: owned(exclude),
            parents: false,
        }
    }

    /// COPY with nothing but sources and a destination.
    pub fn copy(&self, sources: &[&str], destination: &str) -> Result<CopyResult, Failure> {
        crate::tree::copy(&self.params(self.selection(sources), destination))
    }

    pub fn params(&self, selection: Selection, destination: &str) -> CopyParams {
        CopyParams {
            selection,
            root: self.path("root").display().to_string(),
            destination: destination.to_owned(),
            owner: None,
            keep_owner: false,
            mode: None,
            unpack: None,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a program that must succeed, and answers what it printed.
pub fn run(program: &str, arguments: &[&str], directory: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
